import { LocalCache } from '../../libs/distributed-cache/src/cache/local-cache.js';
import { Execution } from '../../libs/distributed-cache/src/cache/loading/execution.js';
import { Loads } from '../../libs/distributed-cache/src/cache/loading/loads.js';
import { Region } from '../../libs/distributed-cache/src/cache/region.js';
import type { InvalidationBridge, SyncReply } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import type { InvalidationLink } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { AppliedInvalidations } from '../../libs/distributed-cache/src/coherence/applied-invalidations.js';
import { Lease } from '../../libs/distributed-cache/src/coherence/lease.js';
import { Outbox } from '../../libs/distributed-cache/src/coherence/publish/outbox.js';
import { Publisher } from '../../libs/distributed-cache/src/coherence/publish/publisher.js';
import { SuspendWatchdog } from '../../libs/distributed-cache/src/coherence/suspend-watchdog.js';
import { overriding } from './overriding.js';

/** Takes out one mechanism of the protocol. The checker must then find a broken promise. */
export interface Sabotage {
  /** Takes it out of the library; the returned function puts it back. */
  readonly disable?: () => () => void;
  /** Takes it out of what the bridge tells the library. */
  readonly tamper?: (bridge: InvalidationBridge) => InvalidationBridge;
}

/** The sabotages, by the mechanism that each takes out. */
export const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  /** The record that the fence consults: a load or a put no longer learns that it was overtaken. */
  'applied invalidations': { disable: () => replaced(AppliedInvalidations.prototype, { record() {} }) },

  lease: { disable: () => replaced(Lease.prototype, { mayServe: () => true }) },

  /** A reader joins a running load however long ago that began. */
  'join rule': {
    disable: () => answering(Execution.prototype, 'loadedAtSoFar', Number.POSITIVE_INFINITY),
  },

  /** A reader takes the result of a load although an invalidation, known by the tags of the result, came before the reader joined. */
  'late joiners': {
    disable: () => {
      const { accepts } = Loads.prototype;
      return replaced(Loads.prototype, {
        accepts(outcome, _askedAt, askedIn, current) {
          return accepts.call(this, outcome, Number.NEGATIVE_INFINITY, askedIn, current);
        },
      });
    },
  },

  /** An instance trusts its entries after its machine was suspended. */
  watchdog: { disable: () => replaced(SuspendWatchdog.prototype, { start() {} }) },

  'put fence': {
    disable: () =>
      replaced(Region.prototype, {
        async update(key, method, options) {
          const value = await method();
          await this.set(key, value, options);
          return value;
        },
      }),
  },

  'first-sync flush': {
    disable: () => {
      const { flush } = LocalCache.prototype;
      const flushed = new WeakSet<LocalCache>();
      return replaced(LocalCache.prototype, {
        flush() {
          if (flushed.has(this)) flush.call(this);
          else flushed.add(this);
        },
      });
    },
  },

  /** Every server has the same epoch: the instance trusts the log of a new one, and does not publish again what the last one may have lost. */
  epoch: {
    tamper: (bridge) =>
      syncing(bridge, async (link, request) => {
        const reply = await link.sync(request);
        return { ...(await link.sync({ ...request, epoch: reply.epoch })), epoch: 'the only one' };
      }),
  },

  replay: {
    tamper: (bridge) =>
      syncing(bridge, async (link, request) => ({ ...(await link.sync(request)), entries: [], complete: true })),
  },

  outbox: {
    disable: () => {
      const { resume } = Publisher.prototype;
      const restore = [
        replaced(Outbox.prototype, { putBack() {} }),
        replaced(Publisher.prototype, {
          resume(link) {
            this.discard();
            resume.call(this, link);
          },
        }),
      ];
      return () => restore.forEach((restoreOne) => restoreOne());
    },
  },
};

/** Runs `callback` without a mechanism. @throws {Error} when there is no mechanism of that name */
export async function without<T>(name: string, callback: (tamper: Sabotage['tamper']) => Promise<T>): Promise<T> {
  const sabotage = SABOTAGES[name];
  if (!sabotage) throw new Error(`There is no ${name} to take out, but: ${Object.keys(SABOTAGES).join(', ')}.`);
  const restore = sabotage.disable?.();
  try {
    return await callback(sabotage.tamper);
  } finally {
    restore?.();
  }
}

function syncing(
  bridge: InvalidationBridge,
  sync: (link: InvalidationLink, request: Parameters<InvalidationLink['sync']>[0]) => Promise<SyncReply>,
): InvalidationBridge {
  return overriding(bridge, {
    dial: async (...dialling) => {
      const link = await bridge.dial(...dialling);
      return overriding(link, { sync: (request) => sync(link, request) });
    },
  });
}

/** Replaces methods of a class; the returned function puts the original ones back. */
function replaced<T extends object>(prototype: T, methods: Partial<T> & ThisType<T>): () => void {
  const originals = Object.getOwnPropertyDescriptors(prototype);
  for (const name of Object.keys(methods))
    Object.defineProperty(prototype, name, { configurable: true, writable: true, value: Reflect.get(methods, name) });
  return () => {
    for (const name of Object.keys(methods)) {
      const original = Reflect.get(originals, name);
      if (original) Object.defineProperty(prototype, name, original);
    }
  };
}

/** Replaces the answer of a getter; the returned function puts the original one back. */
function answering<T extends object, K extends keyof T & string>(prototype: T, name: K, answer: T[K]): () => void {
  const original = Object.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, { configurable: true, get: () => answer });
  return () => {
    if (original) Object.defineProperty(prototype, name, original);
  };
}
