import { describe, expect, it } from 'vitest';
import { bridgeMember } from '../../../../test/support/bridges/bridge-member.js';
import { ScriptedBridge, syncReply } from '../../../../test/support/bridges/scripted-bridge.js';
import { deferred } from '../../../../test/support/common/deferred.js';
import { eventually } from '../../../../test/support/common/eventually.js';
import { failureOf } from '../../../../test/support/common/failure-of.js';
import { ForeignContexts } from '../../../../test/support/common/foreign-contexts.js';
import { startedCache } from '../../../../test/support/instances/instances.js';
import { resolveSettings } from '../module/options/resolve-settings.js';
import type { InvalidationBridge } from '../protocol/invalidation-bridge.js';
import { encodeInvalidation } from '../protocol/invalidation-message.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { DistributedCache } from './distributed-cache.js';

const load = (): Promise<object> => Promise.resolve({});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('outside of every request', () => {
  it('links are dialled and messages are sent, whoever boots, and whoever lost the link', async () => {
    const requests = new ForeignContexts();
    const memory = new InMemoryInvalidationBridge();
    const seen = {
      dial: new Set<number | undefined>(),
      publish: new Set<number | undefined>(),
      sync: new Set<number | undefined>(),
    };
    const bridge: InvalidationBridge = {
      name: memory.name,
      target: memory.target,
      isAfter: (id, other) => memory.isAfter(id, other),
      async dial(member, listener, signal) {
        seen.dial.add(requests.current);
        const link = await memory.dial(member, listener, signal);
        return {
          ...link,
          publish(payload) {
            seen.publish.add(requests.current);
            return link.publish(payload);
          },
          sync(request) {
            seen.sync.add(requests.current);
            return link.sync(request);
          },
        };
      },
    };
    const cache = requests.run(() => startedCache({ bridge }));
    const products = cache.region('products');
    await cache.firstSync(1);
    memory.refuse('redial');
    await requests.run((request) => products.evict(`${request}`));
    await eventually(() => expect(cache.status().state).toBe('disconnected'));
    memory.refuse();
    await eventually(() => expect(cache.stats().bridge.reconnects).toBe(1));
    expect(seen).toEqual({ dial: new Set([undefined]), publish: new Set([undefined]), sync: new Set([undefined]) });
  });

  it('listeners hear of invalidations, flushes and states; of what a call does they hear in its request', async () => {
    const requests = new ForeignContexts();
    const bridge = new ScriptedBridge();
    const cache = new DistributedCache(resolveSettings({}));
    const products = cache.region('products');
    const heard: Record<string, (number | undefined)[]> = {};
    const names = ['hit', 'miss', 'load', 'loadError', 'store', 'evict', 'invalidation', 'flush', 'state'] as const;
    for (const name of names) cache.on(name, () => void (heard[name] ??= []).push(requests.current));

    requests.run(() => cache.start(bridge));
    await eventually(() => expect(bridge.links).toHaveLength(1));
    bridge.lastSync.resolve(syncReply({ continuous: false }));
    await cache.firstSync(1);
    requests.run(() =>
      bridge.link.ring({ payload: encodeInvalidation('b', [{ kind: 'everything' }]), entry: undefined }),
    );
    const work = await requests.run(async (request) => {
      await products.getOrLoad('1', load);
      await products.getOrLoad('1', load);
      await failureOf(products.getOrLoad('2', () => Promise.reject(new Error('no row'))));
      void products.evict('1');
      return request;
    });
    await eventually(() => expect(bridge.link.publishes).toHaveLength(1));
    bridge.lastPublish.resolve('2-0');
    requests.run(() => bridge.link.break());
    await requests.run(() => cache.close());

    expect(heard).toEqual({
      state: [undefined, undefined],
      flush: [undefined],
      invalidation: [undefined],
      miss: [work, work],
      load: [work],
      loadError: [work],
      store: [work],
      hit: [work],
      evict: [work],
    });
  });

  it('messages of the in-memory bridge arrive, as from another process', async () => {
    const requests = new ForeignContexts();
    const bridge = new InMemoryInvalidationBridge();
    const arrived = deferred<number | undefined>();
    const listener = { heard: () => arrived.resolve(requests.current), acknowledged() {}, broken() {} };
    const link = await bridge.dial(bridgeMember(), listener, new AbortController().signal);
    await requests.run(() => link.publish(encodeInvalidation('b', [{ kind: 'everything' }])));
    expect(await arrived.promise).toBeUndefined();
  });
});

describe('in the request of the reader that started the load', () => {
  it('loaders run: those of single reads, of bulk reads, and those that waited for their turn', async () => {
    const requests = new ForeignContexts();
    const products = startedCache().region('products');
    const loadedIn = (
      read: (loader: () => Promise<Map<string, object>>) => Promise<unknown>,
    ): Promise<number | undefined> =>
      requests.run(async () => {
        let seen: number | undefined;
        await read(async () => {
          seen = requests.current;
          return new Map();
        });
        expect(requests.current).toBe(seen);
        return seen;
      });
    expect(await loadedIn((loader) => products.getOrLoad('single', loader))).toBe(0);
    expect(await loadedIn((loader) => products.getOrLoadMany(['bulk'], loader))).toBe(1);

    const hung = deferred<object>();
    for (let i = 0; i < 3; i += 1) {
      void products.getOrLoad('turns', () => hung.promise);
      await turn();
      void products.evict('turns');
    }
    const waiting = loadedIn((loader) => products.getOrLoad('turns', loader));
    hung.resolve({});
    expect(await waiting).toBe(2);
  });
});
