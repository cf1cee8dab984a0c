import { useEffect, useReducer } from 'preact/hooks';
import type { Frame, Hello, InvalidationView, Point } from '../../src/dashboard/frame.js';
import { urlOf } from './forms/requests.js';

/** How far back the charts go, in ms. */
export const CHARTED = 900_000;
const TRAIL = 60;
const INVALIDATIONS = 50;
/** How many instances are remembered, for a page that stays open for days. */
const MOST_KNOWN = 1_000;
/** A frame comes every two seconds; after so long without one, in ms, the connection is taken for dead. */
const SILENCE = 15_000;
/** For so long, in ms, an answer that is no stream of events is taken for final. */
const RETRY = 5_000;

/** What the page shows. */
export interface Live {
  readonly hello: Hello | undefined;
  readonly frame: Frame | undefined;
  readonly points: readonly Point[];
  /** Newest first. */
  readonly invalidations: readonly InvalidationView[];
  readonly trails: ReadonlyMap<string, readonly number[]>;
  /**
   * The ids of all instances that were seen since the page was opened, also those that only have sent an invalidation or got one: what tells
   * two of them apart stays the same.
   */
  readonly known: ReadonlySet<string>;
  readonly link: 'connecting' | 'live' | 'lost' | 'refused';
}

type News =
  | { readonly kind: 'hello'; readonly hello: Hello }
  | { readonly kind: 'state'; readonly frame: Frame }
  | { readonly kind: 'invalidations'; readonly invalidations: readonly InvalidationView[] }
  | { readonly kind: 'link'; readonly link: Live['link'] };

const NOTHING: Live = {
  hello: undefined,
  frame: undefined,
  points: [],
  invalidations: [],
  trails: new Map(),
  known: new Set(),
  link: 'connecting',
};

/** Follows the events of the application for as long as the page is open. */
export function useLive(): Live {
  const [live, tell] = useReducer(after, NOTHING);
  useEffect(() => {
    let heardAt = performance.now();
    const dial = (): EventSource => connect(tell, () => (heardAt = performance.now()));
    let source = dial();
    const watch = setInterval(() => {
      const silence = performance.now() - heardAt;
      const isDead = source.readyState === EventSource.OPEN && silence > SILENCE;
      const isRefused = source.readyState === EventSource.CLOSED && silence > RETRY;
      if (!isDead && !isRefused) return;
      source.close();
      if (isDead) tell({ kind: 'link', link: 'lost' });
      heardAt = performance.now();
      source = dial();
    }, 1_000);
    return () => {
      clearInterval(watch);
      source.close();
    };
  }, []);
  return live;
}

function connect(tell: (news: News) => void, heard: () => void): EventSource {
  const source = new EventSource(urlOf('events'));
  const on = <T>(event: string, take: (data: T) => void): void =>
    source.addEventListener(event, ({ data }: MessageEvent<string>) => {
      const parsed: T = JSON.parse(data);
      take(parsed);
    });
  on<Hello>('hello', (hello) => tell({ kind: 'hello', hello }));
  on<Frame>('state', (frame) => {
    heard();
    tell({ kind: 'state', frame });
  });
  on<readonly InvalidationView[]>('invalidations', (invalidations) => tell({ kind: 'invalidations', invalidations }));
  source.addEventListener('error', () => {
    // A browser tries again by itself, unless it got an answer that is no stream.
    tell({ kind: 'link', link: source.readyState === EventSource.CLOSED ? 'refused' : 'lost' });
  });
  return source;
}

function after(live: Live, news: News): Live {
  switch (news.kind) {
    case 'hello':
      return { ...live, hello: news.hello };
    case 'link':
      return { ...live, link: news.link };
    case 'invalidations':
      return {
        ...live,
        known: knownWith(live, idsIn(news.invalidations)),
        invalidations: merged(live.invalidations, news.invalidations),
      };
    case 'state':
      return { ...withFrame(live, news.frame), link: 'live' };
  }
}

function withFrame(live: Live, frame: Frame): Live {
  const { isFull, at, points, invalidations, regions } = frame;
  const trails = new Map(
    regions.map(({ name, reads, trail }) => [
      name,
      isFull ? (trail ?? []) : [...(live.trails.get(name) ?? []), reads].slice(-TRAIL),
    ]),
  );
  return {
    ...live,
    frame,
    trails,
    known: knownWith(live, [...idsIn(invalidations), ...frame.instances.map(({ id }) => id)]),
    points: isFull ? points : [...live.points, ...points].filter((point) => at - point.at < CHARTED),
    invalidations: isFull ? merged([], invalidations) : live.invalidations,
  };
}

function knownWith({ known }: Live, ids: readonly string[]): ReadonlySet<string> {
  const all = new Set([...known, ...ids]);
  return new Set([...all].slice(-MOST_KNOWN));
}

function idsIn(invalidations: readonly InvalidationView[]): string[] {
  return invalidations.flatMap(({ from, arrivals }) => [from, ...Object.keys(arrivals)]);
}

function merged(known: readonly InvalidationView[], news: readonly InvalidationView[]): readonly InvalidationView[] {
  const all = new Map([...known, ...news].map((each) => [each.number, each]));
  return [...all.values()].toSorted((a, b) => b.number - a.number).slice(0, INVALIDATIONS);
}
