import type { Seen } from '../observer/observer.js';
import { shown } from './answers.js';
import { EXIT, type Surroundings } from './surroundings.js';
import { observing, type TargetOptions } from './target.js';

/** @internal */
export interface WatchCommand extends TargetOptions {
  readonly region?: string | undefined;
}

/** How many names of one kind a line shows. */
const MOST_NAMES = 5;

/** `watch`: a line for each invalidation, until it is interrupted. It is bad when the connection is lost. @internal */
export async function watch(options: WatchCommand, surroundings: Surroundings): Promise<number> {
  const { signal, out, error } = surroundings;
  const lost = new AbortController();
  const listener = {
    seen: (invalidation: Seen) => {
      if (concerns(invalidation, options.region)) out(options.json ? json(invalidation) : line(invalidation));
    },
    lost: (cause: Error) => lost.abort(cause),
  };
  await observing(options, surroundings, listener, async () => {
    error('Watching; Ctrl-C ends it.\n');
    await ended(AbortSignal.any([signal, lost.signal]));
  });
  if (!lost.signal.aborted || signal.aborted) return EXIT.done;
  error(
    `The connection is lost: ${lost.signal.reason instanceof Error ? lost.signal.reason.message : 'for no reason that is known'}\n`,
  );
  return EXIT.bad;
}

/** A tag may be on an entry of any region. */
function concerns({ invalidation: { everything, regions, tags, keys } }: Seen, region: string | undefined): boolean {
  return region === undefined || everything || tags.size > 0 || regions.has(region) || keys.has(region);
}

function line({ from, invalidation: { everything, regions, tags, keys } }: Seen): string {
  const parts = [
    ...(everything ? ['everything'] : []),
    ...[...regions].map((region) => `region ${shown(region)}`),
    ...[...keys].map(([region, its]) => `${shown(region)} ${names(its)}`),
    ...(tags.size > 0 ? [`tags ${names(tags)}`] : []),
  ];
  return `${new Date().toISOString()}  ${from === '' ? 'a third party' : shown(from)}  ${parts.join(', ')}\n`;
}

function names(all: ReadonlySet<string>): string {
  const few = [...all].slice(0, MOST_NAMES).map(shown).join(' ');
  return all.size > MOST_NAMES ? `${few} and ${all.size - MOST_NAMES} more` : few;
}

function json({ id, from, invalidation: { everything, regions, tags, keys } }: Seen): string {
  const targets = {
    everything,
    regions: [...regions],
    tags: [...tags],
    keys: Object.fromEntries([...keys].map(([region, its]) => [region, [...its]])),
  };
  return `${JSON.stringify({ time: new Date().toISOString(), id, from, ...targets })}\n`;
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
