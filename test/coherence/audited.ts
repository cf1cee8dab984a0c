import type { AuditSettings } from '../../libs/distributed-cache/src/cache/auditing/audit-options.js';
import type { CacheSettings } from '../../libs/distributed-cache/src/cache/settings.js';
import { isMadeValue, type MadeValue } from './made-value.js';
import type { SourceOfTruth } from './source-of-truth.js';

/** `settings` with which every hit is audited, in all regions. */
export function audited(settings: Partial<CacheSettings>, source: SourceOfTruth): Partial<CacheSettings> {
  const equals: AuditSettings['equals'] = (cached, loaded) =>
    isMadeValue(cached) && isMadeValue(loaded) && areSame(cached, loaded, source);
  const audit = { sample: 1, olderThan: 0, equals };
  const regions = [...(settings.regions ?? [])].map(([name, region]) => [name, { ...region, audit }] as const);
  return { ...settings, audit, regions: new Map(regions) };
}

/** Whether the rows that both are made of have the same versions: readers of one list may ask for other rows. */
function areSame(one: MadeValue, other: MadeValue, source: SourceOfTruth): boolean {
  const versions = new Map(other.parts.map(({ row, version }) => [row, source.numberOf(version)]));
  return one.parts.every(
    ({ row, version }) => (versions.get(row) ?? source.numberOf(version)) === source.numberOf(version),
  );
}
