import { describe, expect, it } from 'vitest';
import { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import { NO_POLICY, policyOf, type LoadPolicy } from '../../libs/distributed-cache/src/cache/policies/load-policies.js';
import type { CacheSettings } from '../../libs/distributed-cache/src/cache/settings.js';
import { InMemoryInvalidationBridge } from '../../libs/distributed-cache/src/testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../../libs/distributed-cache/src/testing/manual-clock.js';
import { cacheSettings } from '../support/instances/cache-settings.js';
import { LONGEST_BACK_OFF } from '../support/instances/instances.js';
import { History } from './history.js';
import type { Flight } from './flights.js';
import { isMadeValue, type MadeValue } from './made-value.js';
import { keyOf, LISTS, RolledBackError, Shop, tagsOf, type Step } from './shop.js';

import type { UnderWay } from './under-way.js';

const S = 2_000;
const CHAIR = { region: 'items', key: 'chair' };
const TABLE = { region: 'items', key: 'table' };
const LIST = { region: LISTS, key: 'all' };

/** Two shops over one bridge, watched by a history. */
async function twoShops(
  settings: Partial<CacheSettings> = {},
  bypassing = new Set<string>(),
  policyIn?: (region: string) => LoadPolicy,
) {
  const clock = new ManualClock();
  const bridge = new InMemoryInvalidationBridge({ clock });
  const history = new History({ now: () => clock.now(), maxStaleness: S });
  const witnessed = history.witnessed(bridge);
  const open = (name: string): Shop => {
    const instance = history.instance(name, { bypassing, policyIn });
    const { sizeOf } = instance;
    const cache = new DistributedCache(cacheSettings({ maxStaleness: S, sizeOf, ...settings }), { clock });
    instance.watch(cache);
    cache.start(witnessed);
    return new Shop(history, instance, clock);
  };
  const shops = { a: open('a'), b: open('b') };
  await clock.advance(0);
  return { ...shops, clock, bridge, history };
}

/** A shop in bypass whose lease is over. `load` begins a load of the chair. */
async function shopInBypass() {
  const { a, bridge, clock, history } = await twoShops({}, new Set(['items']));
  bridge.cut(a.instance.cache, { silently: true });
  await clock.advance(2 * S);
  const load = (): UnderWay => a.instance.beginLoad(CHAIR, a.instance.asks(CHAIR));
  return { load, clock, history };
}

/** The promises that were broken, each once. */
function broken(history: History): string[] {
  return [...new Set(history.violations.map(({ promise }) => promise))];
}

describe('History', () => {
  it('finds no violation in shops that read, write, put, set and list while they are cut off and healed', async () => {
    const { a, b, clock, bridge, history } = await twoShops();
    await b.readMany('items', ['chair', 'table'], { tags: 'told' });
    await b.readList('all', [CHAIR, TABLE]);
    bridge.cut(b.instance.cache);
    await a.write(
      CHAIR,
      tagsOf([CHAIR]).map((tag) => ({ kind: 'tag', tag })),
    );
    void a.update(TABLE, { takes: 300 });
    await clock.advance(S - 10);
    b.look(CHAIR);
    await a.set(CHAIR);
    bridge.heal();
    await clock.advance(LONGEST_BACK_OFF + S);
    await b.readList('all', [CHAIR, TABLE], { tags: 'given' });
    history.expectAgreement();

    expect(history.violations).toEqual([]);
    expect(history.figures).toMatchObject({ commits: 3, evictions: 3, logged: 3 });
    expect(history.figures.worstStaleness).toBe(S - 10);
  });

  it('dates an invalidation by its entry in the log, not by the call of evict', async () => {
    const { a, b, clock, bridge, history } = await twoShops();
    await b.read(CHAIR);
    bridge.cut(a.instance.cache);
    await clock.advance(0);
    await a.write(CHAIR);
    await clock.advance(5 * S);
    b.look(CHAIR);
    expect(history.figures).toMatchObject({ logged: 0, worstStaleness: 0 });

    bridge.heal();
    await clock.advance(LONGEST_BACK_OFF);
    expect(history.figures.logged).toBe(1);
    expect(history.violations).toEqual([]);
  });

  it('finds a read that is staler than the lease allows', async () => {
    const { a, b, clock, bridge, history } = await twoShops({ maxStaleness: 60_000 });
    await b.read(CHAIR);
    bridge.cut(b.instance.cache);
    await a.write(CHAIR);
    await clock.advance(S + 250);
    b.look(CHAIR);
    expect(broken(history)).toEqual([]);

    await clock.advance(1);
    b.look(CHAIR);
    expect(broken(history)).toEqual(['bounded staleness']);
    expect(history.violations[0]).toMatchObject({ instance: 'b', key: 'chair', details: { staleness: S + 251 } });
  });

  it('finds an instance that reads a value that it has evicted itself', async () => {
    const { a, history } = await twoShops();
    const [{ value, asked }] = [await loaded(a)];
    await a.evict([keyOf(CHAIR)]);
    a.instance.got(CHAIR, asked, value);
    expect(broken(history)).toEqual([]);

    a.instance.got(CHAIR, a.instance.asks(CHAIR), value);
    expect(broken(history)).toEqual(['read your own evictions']);
  });

  it('finds an eviction that was not applied before it returned', async () => {
    const { a, history } = await twoShops();
    await a.instance.evicts([keyOf(CHAIR)], async () => {});
    expect(broken(history)).toEqual(['read your own evictions']);
  });

  it('finds a value that was stored although an invalidation overtook it', async () => {
    const { a, b, history, clock } = await twoShops();
    const { value } = await loaded(b);
    await a.write(CHAIR);
    await clock.advance(0);
    b.instance.hasStored(value);
    expect(broken(history)).toEqual(['nothing stored that was overtaken']);
  });

  it('finds an instance that still holds an old value when all is over, and an eviction that never arrived', async () => {
    const { a, b, clock, bridge, history } = await twoShops({ maxStaleness: 60_000 });
    await b.read(CHAIR);
    bridge.cut(a.instance.cache, { silently: true });
    void a.write(CHAIR);
    await clock.advance(10);
    history.expectAgreement();
    expect(broken(history)).toEqual(['agreement after the faults']);
    expect(history.violations.map(({ instance }) => instance)).toEqual(['a', 'b']);
  });

  it('does not require the evictions that a killed writer had not delivered', async () => {
    const { a, b, clock, bridge, history } = await twoShops({ maxStaleness: 60_000 });
    await b.read(CHAIR);
    bridge.cut(a.instance.cache, { silently: true });
    void a.write(CHAIR);
    await clock.advance(10);
    a.instance.dies();
    history.expectAgreement();
    expect(history.violations).toEqual([]);
  });

  it('finds a load that begins while its reader should have joined another', async () => {
    const { a, clock, history } = await twoShops();
    void a.read(CHAIR, { takes: 100 });
    await clock.advance(10);
    a.instance.beginLoad(CHAIR, a.instance.asks(CHAIR)).end();
    expect(broken(history)).toEqual(['single flight']);
  });

  it('allows a second load when the running one was fenced or the lease is over', async () => {
    const { a, b, clock, bridge, history } = await twoShops();
    void b.read(CHAIR, { takes: 100 });
    await a.write(CHAIR);
    await clock.advance(10);
    void b.read(CHAIR, { takes: 4 * S });
    bridge.cut(b.instance.cache);
    await clock.advance(3 * S);
    void b.read(CHAIR, { takes: 10 });
    await clock.advance(2 * S);

    expect(history.figures.loads).toBe(3);
    expect(history.violations).toEqual([]);
  });

  it('finds loads that the statistics do not count', async () => {
    const { a, history } = await twoShops();
    a.instance.beginLoad(CHAIR, a.instance.asks(CHAIR)).end();
    history.expectAgreement();
    expect(broken(history)).toEqual(['true accounts']);
  });

  it('allows a load inside of itself, but not once the outer one has ended', async () => {
    const { a, history } = await twoShops();
    const load = (parent?: Flight): UnderWay => a.instance.beginLoad(CHAIR, a.instance.asks(CHAIR, parent), { parent });
    const outer = load();
    load(outer.flight).end();
    outer.end();
    expect(broken(history)).toEqual([]);

    load(outer.flight);
    load(outer.flight);
    expect(broken(history)).toEqual(['single flight']);
  });

  it('finds a third load of a key at once while an instance in bypass has no lease', async () => {
    const { load, history } = await shopInBypass();
    load();
    load();
    expect(broken(history)).toEqual([]);

    load();
    expect(broken(history)).toEqual(['single flight']);
  });

  it.each([
    ['a millisecond too early, as real timers fire: no violation', 999, []],
    ['much too early: a violation', 990, ['single flight']],
  ])('lets a third load begin when two have run for a second, %s', async (_what, after, violations) => {
    const { load, clock, history } = await shopInBypass();
    load();
    load();
    await clock.advance(after);
    load();
    expect(broken(history)).toEqual(violations);
  });

  it('counts what one call evicts, or several in one tick, as one moment', async () => {
    const evictions = {
      'one call': (shop: Shop) => shop.writeAtOnce([CHAIR], [keyOf(LIST), keyOf(CHAIR)]),
      'one tick': (shop: Shop) => shop.writeInOneTick([CHAIR], [keyOf(LIST), keyOf(CHAIR)]),
      'one after the other': async (shop: Shop) => {
        await shop.writeInOneTick([CHAIR], [keyOf(LIST)]);
        await shop.evict([keyOf(CHAIR)]);
      },
    };
    const found: Record<string, string[]> = {};
    for (const [name, evict] of Object.entries(evictions)) {
      const { a, b, bridge, clock, history } = await twoShops({ maxStaleness: 60_000 });
      await b.read(CHAIR);
      bridge.cut(b.instance.cache, { silently: true });
      await evict(a);
      await b.readList(LIST.key, [CHAIR]);
      await clock.advance(S + 251);
      b.look(LIST);
      found[name] = broken(history);
    }
    expect(found).toEqual({
      'one call': ['bounded staleness'],
      'one tick': ['bounded staleness'],
      'one after the other': [],
    });
  });

  it('finds a list that was made of a copy which the same call had evicted everywhere', async () => {
    const { b, bridge, history } = await twoShops({ maxStaleness: 60_000 });
    await b.read(CHAIR);
    bridge.cut(b.instance.cache, { silently: true });
    const asked = history.moment();
    history.commit('items/chair', 'a');
    await b.readList(LIST.key, [CHAIR]);
    expect(broken(history)).toEqual([]);

    history.confirmed([keyOf(LIST), keyOf(CHAIR)], { ...asked, sequence: asked.sequence + 2 }, 'a');
    b.look(LIST);
    expect(history.violations).toMatchObject([{ promise: 'evicted everywhere', region: LISTS }]);
  });

  it('leaves the staleness out of account of a list whose loader read by a detour', async () => {
    const { a, b, bridge, clock, history } = await twoShops({ maxStaleness: 60_000 });
    await b.read(CHAIR);
    bridge.cut(b.instance.cache, { silently: true });
    const listed = b.readList(LIST.key, [CHAIR], { by: 'worker' });
    await clock.advance(0);
    await listed;
    await a.writeAtOnce([CHAIR], [keyOf(LIST), keyOf(CHAIR)]);
    await clock.advance(2 * S);
    b.look(LIST);
    expect(broken(history)).toEqual([]);

    history.expectAgreement();
    expect(history.violations.map(({ promise, region }) => [promise, region])).toContainEqual([
      'agreement after the faults',
      LISTS,
    ]);
  });

  it('finds a put that was stored although a callback evicted its entry after it had evicted it itself', async () => {
    const { a, history } = await twoShops();
    const value = a.instance.beginPut(CHAIR).made('items/chair', 0);
    await a.evict([keyOf(CHAIR)]);
    a.instance.hasStored(value);
    expect(broken(history)).toEqual([]);

    a.instance.inCallback(() => a.evictNow(CHAIR));
    a.instance.hasStored(value);
    expect(broken(history)).toEqual(['nothing stored that was overtaken']);
  });

  it('finds a loader that is given a previous value which was evicted, or which no lease covers', async () => {
    const { a, bridge, clock, history } = await twoShops();
    const { value } = await loaded(a);
    bridge.cut(a.instance.cache, { silently: true });
    await clock.advance(S);
    a.instance.given(CHAIR, value);
    expect(broken(history)).toEqual([]);

    await clock.advance(10);
    a.instance.given(CHAIR, value);
    expect(broken(history)).toEqual(['a trusted previous value']);

    history.violations.length = 0;
    const { value: evicted } = await loaded(a);
    a.evictNow(CHAIR);
    a.instance.given(CHAIR, evicted);
    expect(broken(history)).toEqual(['a trusted previous value']);
  });

  it('finds a value whose tags are asked for twice', async () => {
    const { a, history } = await twoShops();
    const { value } = await loaded(a);
    a.instance.describes(value);
    expect(broken(history)).toEqual([]);

    a.instance.describes(value);
    expect(broken(history)).toEqual(['true accounts']);
  });

  it('finds a read of the old value that began after an eviction everywhere had resolved', async () => {
    const { a, b, clock, bridge, history } = await twoShops();
    await b.read(CHAIR);
    bridge.cut(b.instance.cache);
    const asked = history.moment();
    await a.write(CHAIR);
    await clock.advance(10);
    b.look(CHAIR);
    history.confirmed([keyOf(CHAIR)], history.moment(), 'a');
    expect(broken(history)).toEqual([]);

    history.confirmed([keyOf(CHAIR)], { ...asked, sequence: asked.sequence + 2 }, 'a');
    b.look(CHAIR);
    expect(broken(history)).toEqual(['evicted everywhere']);
  });

  it('finds a read that is handed what an invalidation covers that its instance had applied', async () => {
    const { a, b, clock, history } = await twoShops();
    const { value, asked } = await loaded(b);
    await a.write(CHAIR);
    await clock.advance(0);
    b.instance.got(CHAIR, asked, value);
    expect(broken(history)).toEqual([]);

    b.instance.got(CHAIR, b.instance.asks(CHAIR), value);
    expect(broken(history)).toEqual(['what a policy may serve']);
  });

  it('finds an expired value that is served for longer than a policy allows', async () => {
    const policy = policyOf({ staleWhileRevalidate: 500 }, NO_POLICY, '');
    const { a, clock, history } = await twoShops({ ttl: 100, policy }, new Set(), () => policy);
    const { value } = await loaded(a);
    await clock.advance(599);
    a.instance.got(CHAIR, a.instance.asks(CHAIR), value);
    expect(broken(history)).toEqual([]);

    await clock.advance(2);
    a.instance.got(CHAIR, a.instance.asks(CHAIR), value);
    expect(broken(history)).toEqual(['what a policy may serve']);
    expect(history.figures.staleServed).toBe(2);
  });

  it('finds an expired value that is served while the lease is over', async () => {
    const policy = policyOf({ staleIfError: 60_000 }, NO_POLICY, '');
    const { a, bridge, clock, history } = await twoShops({ ttl: 100, policy }, new Set(), () => policy);
    const { value } = await loaded(a);
    bridge.cut(a.instance.cache, { silently: true });
    await clock.advance(S);
    a.instance.got(CHAIR, a.instance.asks(CHAIR), value);
    expect(broken(history)).toEqual([]);

    await clock.advance(S);
    a.instance.got(CHAIR, a.instance.asks(CHAIR), value);
    expect(broken(history)).toEqual(['what a policy may serve']);
  });

  it('finds the result of a load that has timed out in the place of a newer one', async () => {
    const { a, clock, history } = await twoShops();
    const late = a.instance.beginLoad(CHAIR, a.instance.asks(CHAIR)).made('items/chair', 0);
    await clock.advance(10);
    const newer = a.instance.beginLoad(CHAIR, a.instance.asks(CHAIR)).made('items/chair', 0);
    a.instance.hasStored(late);
    a.instance.hasStored(newer);
    expect(broken(history)).not.toContain('nothing stored that was overtaken');

    a.instance.hasStored(late);
    expect(broken(history)).toContain('nothing stored that was overtaken');
  });

  it('finds a row that was never committed outside of its transaction, and allows it inside', async () => {
    const { a, history } = await twoShops();
    const transaction = history.source.begin();
    const version = transaction.write('items/chair');
    const asked = a.instance.asks(CHAIR);
    const value = a.instance.beginLoad(CHAIR, asked).made('items/chair', version);
    a.instance.got(CHAIR, asked, value, { within: transaction });
    expect(broken(history)).toEqual([]);

    a.instance.got(CHAIR, asked, value);
    expect(broken(history)).toEqual(['only what was committed']);
  });

  it('counts the rows of a transaction from its commit on', async () => {
    const { a, history } = await twoShops();
    const transaction = history.source.begin();
    const version = transaction.write('items/chair');
    const asked = a.instance.asks(CHAIR);
    const value = a.instance.beginLoad(CHAIR, asked).made('items/chair', version);
    history.commitAll(transaction, 'a');
    a.instance.got(CHAIR, asked, value);
    expect(broken(history)).toEqual([]);
    expect(history.source.versionOf('items/chair')).toBe(1);

    const rolledBack = history.source.begin();
    const never = a.instance.beginLoad(CHAIR, asked).made('items/chair', rolledBack.write('items/chair'));
    rolledBack.end();
    a.instance.hasStored(never);
    expect(broken(history)).toContain('only what was committed');
  });

  it('finds evictions of a transaction that have not taken effect since its commit', async () => {
    const { a, history } = await twoShops();
    const transaction = history.source.begin();
    transaction.evicts([keyOf(CHAIR)], history.moment());
    await a.evict([keyOf(CHAIR)]);
    const committed = history.commitAll(transaction, 'a');
    a.instance.expectEvicted(transaction, committed);
    expect(broken(history)).toEqual(['only what was committed']);

    history.violations.length = 0;
    await a.evict([keyOf(CHAIR)]);
    a.instance.expectEvicted(transaction, committed);
    expect(broken(history)).toEqual([]);
  });

  it('runs transactions that are committed, rolled back and nested without a violation', async () => {
    const { a, b, clock, history } = await twoShops();
    const write: Step = (shop, within) => shop.writeWithin(within, CHAIR, 0);
    const read: Step = async (shop, within) => void (await shop.read(CHAIR, { within }));
    await b.read(CHAIR);
    await a.transact({ steps: [read, write, read], isRolledBack: false, lasts: 0 });
    await clock.advance(0);
    await b.read(CHAIR);
    const nested: Step = (shop, within) => shop.nest(within, [write, read], true);
    await expect(a.transact({ steps: [nested, read], isRolledBack: true, lasts: 0 })).rejects.toThrow(RolledBackError);
    await a.read(CHAIR);
    history.expectAgreement();
    expect(history.violations).toEqual([]);
    expect(history.figures).toMatchObject({ committed: 1, rolledBack: 1 });
  });

  it('finds an audit that reports what nobody has changed', async () => {
    const { a, clock, history } = await twoShops({ audit: { sample: 1, olderThan: 0, equals: () => false } });
    await a.read(CHAIR);
    await a.read(CHAIR);
    await clock.advance(3 * S);
    expect(history.figures.reported).toBe(1);
    expect(broken(history)).toEqual(['true audits']);
  });

  it('allows an audit to report a change that nobody has evicted, and counts that it was found', async () => {
    const { a, clock, history } = await twoShops({ audit: { sample: 1, olderThan: 0, equals: () => false } });
    await a.read(CHAIR);
    a.forget(CHAIR);
    await a.read(CHAIR);
    await clock.advance(3 * S);
    expect(history.violations).toEqual([]);
    expect(history.figures).toMatchObject({ forgotten: 1, reported: 1, found: 1 });
  });

  it('lists the operations that led to a violation', async () => {
    const { a, history } = await twoShops();
    const { value } = await loaded(a);
    await a.write(CHAIR);
    a.instance.got(CHAIR, a.instance.asks(CHAIR), value);

    expect(history.violations[0]?.details).toMatchObject({ value: { 'items/chair': 0 }, madeBy: 'load 1 of a' });
    expect(history.violations[0]?.events).toContain('0 a commits items/chair 1');
  });
});

async function loaded(shop: Shop): Promise<{ value: MadeValue; asked: ReturnType<History['moment']> }> {
  const asked = shop.instance.asks(CHAIR);
  const value = await shop.read(CHAIR);
  if (!isMadeValue(value)) throw new Error('the cache gave something else');
  return { value, asked };
}
