import type { Member } from '../protocol/member.js';
import type { CacheSettings } from './settings.js';

/** What the other instances have to know of one with these settings. @internal */
export function memberOf({ maxStaleness, whenDisconnected, regions }: CacheSettings, instanceId: string): Member {
  const exceptions = [...regions].filter(([, settings]) => settings.whenDisconnected !== whenDisconnected);
  return { instanceId, maxStaleness, whenDisconnected, exceptions: exceptions.map(([name]) => name) };
}
