import { Logger } from '@nestjs/common';
import { errorFrom } from '../../common/error-from.js';
import { label, type MethodSite } from './method-site.js';
import { evictTogether, type PlannedEviction } from './planned-eviction.js';

/**
 * Evicts what is to be evicted although the method failed. It never throws: the caller is owed the method's error, so what goes wrong
 * here is only logged.
 *
 * @internal
 */
export async function evictAfterFailure(
  site: MethodSite,
  evictions: readonly PlannedEviction[],
  error: unknown,
): Promise<void> {
  try {
    const due = evictions.filter((eviction) => eviction.evictsAfter(error));
    await evictTogether(due.map((eviction) => eviction.target(undefined)));
  } catch (failure) {
    new Logger('DistributedCache').error({
      message: 'A decorated method failed, and so did the eviction that evictOnError asks for',
      method: label(site.target, site.name),
      error: errorFrom(failure).message,
    });
  }
}
