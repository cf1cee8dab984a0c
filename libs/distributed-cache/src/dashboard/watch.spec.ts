import { describe, expect, it } from 'vitest';
import { instances } from '../../../../test/support/instances/instances.js';
import { noopLogger } from '../common/logger.js';
import type { Frame, InvalidationView } from './frame.js';
import { Watch, type ViewerStream } from './watch.js';

class TestViewer implements ViewerStream {
  isFull = false;
  isClosed = false;
  readonly frames: Frame[] = [];
  readonly invalidations: InvalidationView[] = [];
  #closed: () => void = () => {};

  send(event: string, data: string): void {
    if (event === 'state') this.frames.push(JSON.parse(data));
    else this.invalidations.push(...JSON.parse(data));
  }

  onClose(closed: () => void): void {
    this.#closed = closed;
  }

  close(): void {
    this.isClosed = true;
    this.#closed();
  }
}

async function watched() {
  const world = await instances(2).connected();
  const watch = new Watch({ cache: world.a, bridge: world.bridge, clock: world.clock, logger: noopLogger });
  const viewing = async (): Promise<TestViewer> => {
    const viewer = new TestViewer();
    watch.view(viewer);
    await world.clock.advance('500ms');
    return viewer;
  };
  return { world, clock: world.clock, watch, viewing };
}

describe('a viewer of the dashboard', () => {
  it('gets everything at first, and then what is new', async () => {
    const { world, clock, viewing } = await watched();
    const viewer = await viewing();
    await world.a.region('r').set('1', 1);
    await world.a.region('r').evict('1');
    await clock.advance('10s');
    expect(viewer.frames.map(({ isFull }) => isFull)).toEqual([true, ...Array(viewer.frames.length - 1).fill(false)]);
    expect(viewer.frames.at(-1)).toMatchObject({ points: [{}], regions: [{ name: 'r' }] });
    expect(viewer.frames.at(-1)?.regions[0]).not.toHaveProperty('trail');
    const later = await viewing();
    expect(later.frames[0]).toMatchObject({
      isFull: true,
      invalidations: [{ keyCount: 1 }, { keyCount: 1 }],
      regions: [{ trail: expect.any(Array) }],
    });
    expect(later.frames[0]?.points.length).toBeGreaterThan(3);
  });

  it('gets nothing while it does not read, and everything again when it does', async () => {
    const { clock, viewing } = await watched();
    const [slow, quick] = [await viewing(), await viewing()];
    const before = slow.frames.length;
    slow.isFull = true;
    await clock.advance('60s');
    expect(slow.frames).toHaveLength(before);
    expect(quick.frames.length).toBeGreaterThan(25);
    slow.isFull = false;
    await clock.advance('2s');
    expect(slow.frames).toHaveLength(before + 1);
    expect(slow.frames.at(-1)).toMatchObject({ isFull: true });
    expect(slow.frames.at(-1)?.points.length).toBeGreaterThan(25);
  });

  it('is told the same as all others, so that instances are asked once in two seconds, however many look', async () => {
    const { clock, viewing } = await watched();
    const viewers = await Promise.all([1, 2, 3, 4].map(() => viewing()));
    await clock.advance('2s');
    const [before = 0] = viewers.map(({ frames }) => frames.length);
    await clock.advance('20s');
    for (const { frames } of viewers) expect(frames.slice(before)).toHaveLength(10);
    for (const { frames } of viewers) expect(frames.at(-1)).toEqual(viewers[0]?.frames.at(-1));
  });
});

describe('a viewer of the dashboard of an instance whose syncs are refused', () => {
  it('is told what was refused last, and nothing of it any more as soon as everything is taken', async () => {
    const { world, clock, viewing } = await watched();
    const { a, bridge } = world;
    const viewer = await viewing();
    const own = () => viewer.frames.at(-1)?.instances.find(({ id }) => id === a.status().instanceId);
    expect(own()).toMatchObject({ state: 'coherent', isReached: true, refusal: null });
    bridge.refuse('retry');
    void a.region('r').evict('1');
    await clock.advance('20s');
    expect(a.status().state).toBe('disconnected');
    expect(own()).toMatchObject({ refusal: 'refused by the test (retry).' });
    bridge.refuse();
    await clock.advance('20s');
    expect(own()).toMatchObject({ state: 'coherent', refusal: null });
  });

  it('is not told what another instance was refused: only that one knows', async () => {
    const { world, clock, viewing } = await watched();
    const { b, bridge } = world;
    const viewer = await viewing();
    bridge.refuse('retry');
    await clock.advance('20s');
    const other = viewer.frames.at(-1)?.instances.find(({ id }) => id === b.status().instanceId);
    expect(other).toMatchObject({ refusal: null });
  });
});

describe('a viewer of the dashboard of instances that drop all their copies', () => {
  it('is told how often since somebody looks, and why the instance that serves the page did', async () => {
    const { world, clock, viewing } = await watched();
    const { a, b, bridge } = world;
    const drop = async (): Promise<void> => {
      bridge.restart({ lost: 1 });
      await clock.advance('5s');
    };
    await a.region('r').evict('1');
    await drop();
    const viewer = await viewing();
    const views = () => viewer.frames.at(-1)?.instances ?? [];
    await clock.advance('5s');
    expect(views()).toMatchObject(Array.from({ length: 2 }, () => ({ flushes: 0, isInFlushLoop: false })));
    expect(views()).toMatchObject([{ flushReason: null }, { flushReason: null }]);
    await drop();
    expect(views()).toMatchObject(Array.from({ length: 2 }, () => ({ flushes: 1, isInFlushLoop: false })));
    await drop();
    expect(views()).toMatchObject(Array.from({ length: 2 }, () => ({ flushes: 2, isInFlushLoop: true })));
    const reasonOf = (id: string) => views().find((view) => view.id === id)?.flushReason;
    expect([reasonOf(a.status().instanceId), reasonOf(b.status().instanceId)]).toEqual(['other-server', null]);
    await clock.advance('130s');
    expect(views()).toMatchObject(Array.from({ length: 2 }, () => ({ flushes: 2, isInFlushLoop: false })));
  });
});

describe('the watch of a dashboard', () => {
  it('keeps its observer for three seconds after the last viewer, who may only load the page anew', async () => {
    const { clock, watch, viewing } = await watched();
    expect(watch.isOpen).toBe(false);
    (await viewing()).close();
    await clock.advance('2s');
    const again = await viewing();
    expect(again.frames[0]?.points.length).toBeGreaterThan(0);
    again.close();
    expect(watch.isOpen).toBe(true);
    await clock.advance('3s');
    expect(watch.isOpen).toBe(false);
  });

  it('ends all streams when it is closed, and those that come later', async () => {
    const { watch, viewing } = await watched();
    const viewer = await viewing();
    watch.close();
    expect([viewer.isClosed, watch.isOpen]).toEqual([true, false]);
    expect((await viewing()).isClosed).toBe(true);
    expect(watch.isOpen).toBe(false);
  });

  it('ticks off an invalidation at each instance that has applied it, and not at one that is cut off', async () => {
    const { world, clock, viewing } = await watched();
    const { a, b, bridge } = world;
    const viewer = await viewing();
    bridge.cut(b);
    await a.region('r').evict('1');
    await clock.advance('3s');
    expect(viewer.invalidations.at(-1)).toMatchObject({ from: a.status().instanceId, arrivals: {} });
    bridge.heal(b);
    await clock.advance('10s');
    expect(viewer.invalidations.at(-1)).toMatchObject({ arrivals: { [b.status().instanceId]: null } });
  });
});
