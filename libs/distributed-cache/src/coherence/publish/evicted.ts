/**
 * The outcome of an eviction. Whatever it says, the eviction has taken effect on this instance.
 *
 * @publicApi
 */
export interface Evicted {
  /**
   * Whether the log has the invalidation, so that every other instance will receive it. `false`: it waits in the outbox of this
   * instance and is delivered as soon as the log accepts it.
   *
   * `minReplicas` does not count here: an invalidation that the log has, and too few replicas have, is delivered. With
   * `onUndelivered: 'throw'` it rejects.
   */
  readonly delivered: boolean;
  /**
   * How many instances are confirmed not to serve the old value any more, this one among them. `0` unless the eviction was asked for
   * with `everywhere`: otherwise nobody waits for the other instances.
   */
  readonly instances: number;
  /**
   * How long the eviction waited, in ms, from the call until it settled. Evictions of one tick travel together and share one outcome:
   * it counts from the first of them.
   */
  readonly waited: number;
}

/** The outcome of an eviction while there are no other instances. @internal */
export const EVICTED_ALONE: Evicted = Object.freeze({ delivered: true, instances: 0, waited: 0 });

/** As {@link EVICTED_ALONE}, with `everywhere`. @internal */
export const EVICTED_EVERYWHERE_ALONE: Evicted = Object.freeze({ delivered: true, instances: 1, waited: 0 });

/** The outcome of an eviction that is left in the outbox at once, since the log is known to be out of reach. @internal */
export const EVICTED_LATER: Evicted = Object.freeze({ delivered: false, instances: 0, waited: 0 });
