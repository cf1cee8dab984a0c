import { describe, expect, it, onTestFinished } from 'vitest';
import { instances, type InstancesInMemory } from '../../../../test/support/instances/instances.js';
import { encodeQuestion } from '../protocol/question.js';
import { Observer, type Seen } from './observer.js';

const VALUE = 'a value that nobody but the reader may see';

async function observing(world: InstancesInMemory, seen?: (invalidation: Seen) => void): Promise<Observer> {
  const observer = await Observer.open(world.bridge, 'shop', { ...(seen && { seen }) }, { clock: world.clock });
  onTestFinished(() => observer.close());
  return observer;
}

/** Asks questions with ids of its own choice, as fast as it likes. */
async function asking(
  world: InstancesInMemory,
): Promise<{ ask: (id: string) => Promise<void>; answers: () => number }> {
  let answers = 0;
  const observation = await world.bridge.observe(
    'shop',
    { heard() {}, broken() {}, answered: () => (answers += 1) },
    new AbortController().signal,
  );
  return {
    ask: (id) => observation.ask(id, encodeQuestion({ id, ask: 'status' })),
    answers: () => answers,
  };
}

describe('an observer', () => {
  it('is told the state and the statistics of every instance', async () => {
    const world = await instances(2).connected();
    const observer = await observing(world);
    await world.a.region('r').set('1', VALUE);
    const answers = await observer.ask({ ask: 'stats' }, 2);
    expect(answers.map(({ from }) => from).toSorted()).toEqual(
      [world.a, world.b].map((cache) => cache.status().instanceId).toSorted(),
    );
    expect(answers.find(({ from }) => from === world.a.status().instanceId)).toMatchObject({
      status: { state: 'coherent', namespace: 'shop' },
      stats: { regions: { r: { entries: 1 } }, bridge: { published: 1 } },
      process: { pid: process.pid, uptime: expect.any(Number), heap: expect.any(Number) },
    });
    expect(JSON.stringify(answers)).not.toContain(VALUE);
  });

  it('is told which instances hold a key that it names, since when and until when', async () => {
    const world = await instances(2).connected();
    const observer = await observing(world);
    await world.a.region('r').getOrLoad('1', () => VALUE, { ttl: '1m', tags: ['t'] });
    await world.clock.advance('10s');
    const answers = await observer.ask({ ask: 'entry', region: 'r', key: '1' }, 2);
    expect(Object.fromEntries(answers.map(({ from, entry }) => [from, entry]))).toEqual({
      [world.a.status().instanceId]: { age: 10_000, left: 50_000, tags: ['t'], size: 0 },
      [world.b.status().instanceId]: null,
    });
  });

  it('is no use of a key: nothing is counted', async () => {
    const world = await instances(1).connected();
    const observer = await observing(world);
    await world.a.region('r').set('1', 1);
    await observer.ask({ ask: 'entry', region: 'r', key: '1' }, 1);
    expect(world.a.stats().regions['r']).toMatchObject({ hits: 0, misses: 0 });
  });

  it('hears what is evicted, and from whom', async () => {
    const world = await instances(2).connected();
    const seen: Seen[] = [];
    await observing(world, (invalidation) => seen.push(invalidation));
    await world.a.region('r').evict('1');
    await world.clock.advance(0);
    expect(seen).toMatchObject([
      { from: world.a.status().instanceId, invalidation: { keys: new Map([['r', new Set(['1'])]]) } },
    ]);
  });

  it('sees the log and the members, and is none of them', async () => {
    const world = await instances(2).connected();
    const observer = await observing(world);
    await world.a.region('r').evict('1');
    const { members, log } = await observer.look();
    expect(members.map(({ member }) => member.instanceId).toSorted()).toEqual(
      [world.a, world.b].map((cache) => cache.status().instanceId).toSorted(),
    );
    expect(log).toMatchObject({ length: 2, newest: world.a.status().position });
  });

  it('waits a second for instances that do not answer', async () => {
    const world = await instances(2).connected();
    const observer = await observing(world);
    world.bridge.cut(world.b);
    const asked = observer.ask({ ask: 'status' }, 2);
    await world.clock.advance('1s');
    expect(await asked).toHaveLength(1);
  });
});

describe('an instance', () => {
  it("answers nothing with answers: 'none'", async () => {
    const world = await instances(1)
      .with({ observability: { answers: 'none' } })
      .connected();
    const observer = await observing(world);
    const asked = observer.ask({ ask: 'status' });
    await world.clock.advance('1s');
    expect(await asked).toEqual([]);
  });

  it("says with answers: 'stats' how it is, and not what it holds", async () => {
    const world = await instances(1)
      .with({ observability: { answers: 'stats' } })
      .connected();
    const observer = await observing(world);
    expect(await observer.ask({ ask: 'stats' }, 1)).toHaveLength(1);
    const asked = observer.ask({ ask: 'entry', region: 'r', key: '1' });
    await world.clock.advance('1s');
    expect(await asked).toEqual([]);
  });

  it('answers ten questions within any second, also around the end of one in which few were asked', async () => {
    const world = await instances(1).connected();
    const { ask, answers } = await asking(world);
    await ask('first');
    await world.clock.advance(900);
    for (let number = 0; number < 20; number += 1) await ask(`before-${number}`);
    await world.clock.advance(150);
    for (let number = 0; number < 20; number += 1) await ask(`after-${number}`);
    await world.clock.advance(0);
    // The first is more than a second ago, and makes room for one.
    expect(answers()).toBe(11);
  });

  it('answers ten questions in a second, however many are asked, and each once', async () => {
    const world = await instances(1).connected();
    const { ask, answers } = await asking(world);
    for (let number = 0; number < 5; number += 1) await ask('the-same');
    for (let number = 0; number < 50; number += 1) await ask(`question-${number}`);
    await world.clock.advance(0);
    expect(answers()).toBe(10);
    await world.clock.advance('1s');
    await ask('later');
    await world.clock.advance(0);
    expect(answers()).toBe(11);
  });

  it('names at most a hundred regions, those that are read most', async () => {
    const world = await instances(1).connected();
    const observer = await observing(world);
    for (let tenant = 0; tenant < 150; tenant += 1) await world.a.region(`tenant ${tenant}`).get('1');
    await world.a.region('busy').get('1');
    await world.a.region('busy').get('1');
    const [answer] = await observer.ask({ ask: 'stats' }, 1);
    expect(Object.keys(Object(Object(answer?.['stats']).regions))).toHaveLength(100);
    expect(answer).toMatchObject({ stats: { regions: { busy: { misses: 2 } }, others: { misses: 51 } } });
  });
});
