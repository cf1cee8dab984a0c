import type { Clock } from '../../libs/distributed-cache/src/common/clock.js';
import { canonicalKey } from '../../libs/distributed-cache/src/keys/canonical-key.js';
import type { InvalidationBridge } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import type { ObservableBridge } from '../../libs/distributed-cache/src/protocol/observation.js';
import { encodeQuestion } from '../../libs/distributed-cache/src/protocol/question.js';
import type { History } from './history.js';
import type { InstanceHistory } from './instance-history.js';
import { overriding } from './overriding.js';
import { ITEMS } from './plan.js';
import { LISTS } from './shop/names.js';

const OBSERVERS = 3;
/** Between two questions of one observer, in ms: together they ask several times as much as an instance answers. */
const PAUSE = 40;
/** After a link was lost, in ms. */
const PAUSE_OF_A_LOST_ONE = 250;
/** How many questions an instance answers in a second, as docs/message-format.md states. */
const STATED_RATE = 10;
const SECOND = 1_000;
/** Every so many questions one is asked once more, with the same id. */
const REPEATED = 7;
/** No question that an instance understands: of a newer version, of an unknown kind, and no JSON. */
const NOT_UNDERSTOOD = ['{"v":2,"id":"x","ask":"stats"}', '{"v":1,"id":"x","ask":"values"}', 'stats'];

/** Observers that ask all the time, as tools do and as somebody would who wants to do harm. Nothing may depend on them. */
export class Observers {
  readonly #bridge: ObservableBridge;
  readonly #namespace: string;
  readonly #clock: Clock;
  readonly #history: History;
  #isStopped = false;
  #asked = 0;

  constructor(bridge: ObservableBridge, namespace: string, clock: Clock, history: History) {
    this.#bridge = bridge;
    this.#namespace = namespace;
    this.#clock = clock;
    this.#history = history;
  }

  start(): void {
    for (let index = 0; index < OBSERVERS; index += 1) void this.#observe();
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #observe(): Promise<void> {
    while (!this.#isStopped) {
      await this.#askUntilLost().catch(() => undefined);
      await this.#pass(PAUSE_OF_A_LOST_ONE);
    }
  }

  async #askUntilLost(): Promise<void> {
    const link = { isLost: false };
    const listener = {
      heard: () => {},
      answered: () => void (this.#history.figures.answers += 1),
      broken: () => void (link.isLost = true),
    };
    const observation = await this.#bridge.observe(this.#namespace, listener, new AbortController().signal);
    while (!link.isLost && !this.#isStopped) {
      const { id, text } = this.#nextQuestion();
      await observation.ask(id, text);
      await this.#pass(PAUSE);
      await observation.forget(id);
    }
    observation.close();
  }

  #nextQuestion(): { readonly id: string; readonly text: string } {
    this.#asked += 1;
    const id = `asked-${this.#asked % REPEATED === 0 ? this.#asked - 1 : this.#asked}`;
    const key = canonicalKey(`${this.#asked % 5}`);
    const questions = [
      encodeQuestion({ id, ask: 'stats' }),
      encodeQuestion({ id, ask: 'entry', region: ITEMS, key }),
      encodeQuestion({ id, ask: 'status' }),
      encodeQuestion({ id, ask: 'region', region: LISTS }),
      NOT_UNDERSTOOD[this.#asked % NOT_UNDERSTOOD.length] ?? '',
    ];
    return { id, text: questions[this.#asked % questions.length] ?? '' };
  }

  #pass(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(resolve, milliseconds));
  }
}

/** What may pass, in ms, between the look of an instance at its clock and its answer: on a real machine, a busy event loop. */
const LAG = 50;

/** Wraps `bridge` to see that the instance answers no more than the stated rate in any second of its clock, however much it is asked. */
export function fewAnswers(
  history: History,
  instance: InstanceHistory,
  now: () => number,
  bridge: InvalidationBridge,
): InvalidationBridge {
  /** When the newest answers were given, oldest first. */
  const times: number[] = [];
  const count = (): void => {
    if (times.push(now()) <= STATED_RATE) return;
    const within = now() - (times.shift() ?? 0);
    if (within >= SECOND - LAG) return;
    const where = { instance: instance.name, region: '', key: '' };
    history.violated('few answers to observers', where, { answers: STATED_RATE + 1, within });
  };
  return overriding(bridge, {
    dial: async (member, listener, signal) => {
      const link = await bridge.dial(member, listener, signal);
      return overriding(link, {
        answer: async (id, text) => {
          count();
          await link.answer?.(id, text);
        },
      });
    },
  });
}
