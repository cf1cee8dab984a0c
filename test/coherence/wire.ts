import type { Clock } from '../../libs/distributed-cache/src/common/clock.js';
import {
  BridgeRefusal,
  type Doorbell,
  type InvalidationBridge,
  type InvalidationLink,
} from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { Lane } from './lane.js';
import type { Machine } from './machine.js';
import { overriding } from './overriding.js';

/**
 * The connection of one instance to its server, with the faults that only this instance meets: a silent channel, messages and requests
 * that take their time one by one, answers that are late or lost although the server did what was asked, and a machine that stands still.
 */
export class Wire {
  readonly #clock: Clock;
  readonly #machine: Machine;
  readonly #links = new Set<InvalidationLink>();
  readonly #channel: Lane;
  readonly #requests: Lane;
  #isDead = false;
  /** Whether the channel delivers nothing. */
  isSilent = false;
  /** Whether requests arrive and their answers are lost. */
  losesAnswers = false;
  /** The server refuses one message, for now, after it has accepted so many; `undefined`: none. */
  refusesAfter: number | undefined;
  /** How long answers take, in ms. */
  answersTake = 0;

  /** @param clock - the clock of the world: an answer travels on while the machine stands still */
  constructor(clock: Clock, machine: Machine) {
    this.#clock = clock;
    this.#machine = machine;
    this.#channel = new Lane(clock);
    this.#requests = new Lane(clock);
  }

  /** How long the instance needs for each message of the channel, in ms: other things happen between one message and the next. */
  set messagesTake(milliseconds: number) {
    this.#channel.takes = milliseconds;
  }

  /** How long each request is on its way to the server, in ms: other things happen between one request and the next. */
  set requestsTake(milliseconds: number) {
    this.#requests.takes = milliseconds;
  }

  heal(): void {
    this.isSilent = false;
    this.losesAnswers = false;
    this.refusesAfter = undefined;
    this.answersTake = this.messagesTake = this.requestsTake = 0;
  }

  /** Ends the process of the instance: nothing leaves it any more, and nothing reaches it. */
  die(): void {
    this.#isDead = true;
    for (const link of this.#links) link.close();
  }

  /** Wraps `bridge` as this instance reaches it. */
  over(bridge: InvalidationBridge): InvalidationBridge {
    return overriding(bridge, {
      dial: async (member, listener, signal) => {
        if (this.#isDead) return nothing();
        const link = await bridge.dial(
          member,
          {
            heard: (doorbell: Doorbell) => {
              if (!this.isSilent) this.#channel.pass(() => this.#arrives(() => listener.heard(doorbell)));
            },
            acknowledged: (token: string, instanceId: string) => {
              if (!this.isSilent)
                this.#channel.pass(() => this.#arrives(() => listener.acknowledged(token, instanceId)));
            },
            asked: (question: string) => {
              if (!this.isSilent) this.#channel.pass(() => this.#arrives(() => listener.asked?.(question)));
            },
            broken: (cause: Error) => this.#arrives(() => listener.broken(cause)),
          },
          signal,
        );
        this.#links.add(link);
        return overriding(link, {
          publish: (payload) => this.#answer(() => link.publish(payload)),
          publishToMembers: (payload) => this.#answer(() => link.publishToMembers(payload)),
          acknowledge: (token) => this.#answer(() => link.acknowledge(token)),
          leave: () => this.#answer(() => link.leave()),
          sync: (request) => this.#answer(() => link.sync(request)),
          close: () => {
            this.#links.delete(link);
            link.close();
          },
        });
      },
    });
  }

  /**
   * Wraps `bridge` as the requests of this instance arrive there. It belongs behind what notes when a request was sent: a request that is
   * on its way for long carries only what was evicted before.
   */
  toServer(bridge: InvalidationBridge): InvalidationBridge {
    return overriding(bridge, {
      dial: async (...dialling) => {
        const link = await bridge.dial(...dialling);
        return overriding(link, {
          publish: (payload) => this.#request(() => this.#orRefused(() => link.publish(payload))),
          publishToMembers: (payload) => this.#request(() => this.#orRefused(() => link.publishToMembers(payload))),
          acknowledge: (token) => this.#request(() => link.acknowledge(token)),
          leave: () => this.#request(() => link.leave()),
          sync: (request) => this.#request(() => link.sync(request)),
        });
      },
    });
  }

  #request<T>(ask: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#requests.pass(() => void ask().then(resolve, reject));
    });
  }

  async #orRefused<T>(publish: () => Promise<T>): Promise<T> {
    const after = this.refusesAfter;
    if (after !== undefined) this.refusesAfter = after > 0 ? after - 1 : undefined;
    if (after === 0) throw new BridgeRefusal('retry', 'refused once by the test');
    return publish();
  }

  #answer<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#isDead) return nothing();
    const answered = ask();
    if (this.losesAnswers) {
      answered.catch(() => undefined);
      return nothing();
    }
    const after = this.answersTake;
    return new Promise<T>((resolve, reject) => {
      const arrive = (settle: () => void): void => {
        if (after === 0) this.#arrives(settle);
        else this.#clock.schedule(() => this.#arrives(settle), after);
      };
      answered.then(
        (value) => arrive(() => resolve(value)),
        (error: Error) => arrive(() => reject(error)),
      );
    });
  }

  #arrives(callback: () => void): void {
    this.#machine.run(() => {
      if (!this.#isDead) callback();
    });
  }
}

function nothing<T>(): Promise<T> {
  return new Promise<T>(() => {});
}
