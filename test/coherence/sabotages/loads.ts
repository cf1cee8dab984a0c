import { Execution, Executions } from '../../../libs/distributed-cache/src/cache/loading/execution.js';
import { Loads } from '../../../libs/distributed-cache/src/cache/loading/loads.js';
import { JoinedReads, TOO_LONG } from '../../../libs/distributed-cache/src/cache/loading/joined-reads.js';
import { all, answering, replaced } from './replaced.js';
import type { Sabotages } from './sabotage.js';

type Reads = JoinedReads<unknown>;
type Wait = Reads['waitInside'];

/** What decides which load a reader joins, and for how long it waits for that. */
export const OF_LOADS: Sabotages = {
  /** A reader takes the result of a load although an invalidation, known by the tags of the result, came before the reader joined. */
  'late joiners': {
    disable: () => {
      const { accepts } = Loads.prototype;
      return replaced(Loads.prototype, {
        accepts(load, _askedAt, askedIn, current) {
          return accepts.call(this, load, Number.NEGATIVE_INFINITY, askedIn, current);
        },
      });
    },
  },

  /** A load that has ended still counts as one that waits for what its loader has begun. */
  'end of an execution': {
    disable: () => {
      const parents = new WeakMap<Execution, Execution | undefined>();
      const ended = new WeakSet<Execution>();
      const { run } = Executions.prototype;
      return all(
        replaced(Executions.prototype, {
          run<T>(execution: Execution, callback: () => T): T {
            parents.set(execution, execution.parent);
            const runOne = run<T>;
            return runOne.call(this, execution, callback);
          },
        }),
        replaced(Execution.prototype, {
          end() {
            ended.add(this);
          },
        }),
        answering(Execution.prototype, 'isRunning', (execution, original) => original() && !ended.has(execution)),
        answering(Execution.prototype, 'parent', (execution, original) => parents.get(execution) ?? original()),
      );
    },
  },

  /** A read inside of a load waits for ever for a load that another read began. */
  'patience inside of a load': {
    disable: () => replaced(JoinedReads.prototype, { waitInside: forEver(JoinedReads.prototype.waitInside) }),
  },

  /** A read outside of any load waits for ever for a load that another read began. */
  'patience outside of a load': {
    disable: () => replaced(JoinedReads.prototype, { waitOutside: forEver(JoinedReads.prototype.waitOutside) }),
  },

  /** While the lease is over, every reader in `'bypass'` loads at once. */
  "turns in 'bypass'": {
    disable: () => {
      const { start } = Loads.prototype;
      return replaced(Loads.prototype, {
        start(region, key, request) {
          const flight = region.flights.get(key);
          if (!flight) return start.call(this, region, key, request);
          const { running } = flight;
          flight.running = 0;
          try {
            return start.call(this, region, key, request);
          } finally {
            flight.running += running;
          }
        },
      });
    },
  },
};

/** Waits again whenever `wait` has given up. */
function forEver(wait: Wait): Wait {
  return async function waitForEver(this: Reads) {
    for (;;) {
      const waited = await wait.call(this);
      if (waited !== TOO_LONG) return waited;
    }
  };
}
