import type { Doorbell, InvalidationLink } from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { readDoorbell } from '../../../libs/distributed-cache/src/redis/link/doorbell-text.js';
import type { InMemoryInvalidationBridge } from '../../../libs/distributed-cache/src/testing/in-memory-invalidation-bridge.js';
import { bridgeMember } from '../bridges/bridge-member.js';
import type { Random } from '../../../tools/random.mjs';

/** Larger ones are rung only: a log of them is the memory of Redis, not of the instances. */
const LONGEST_LOGGED = 20_000;

/** Someone who may write to the channel and to the log of a namespace, and writes whatever there is to write. */
export class HostileStranger {
  readonly #bridge: InMemoryInvalidationBridge;
  readonly #namespace: string;
  readonly #link: InvalidationLink;

  private constructor(bridge: InMemoryInvalidationBridge, namespace: string, link: InvalidationLink) {
    this.#bridge = bridge;
    this.#namespace = namespace;
    this.#link = link;
  }

  static async join(
    bridge: InMemoryInvalidationBridge,
    namespace: string,
    logLength: number,
  ): Promise<HostileStranger> {
    const listener = { heard: () => {}, acknowledged: () => {}, broken: () => {} };
    const member = bridgeMember({ instanceId: 'stranger', namespace, logLength });
    return new HostileStranger(bridge, namespace, await bridge.dial(member, listener, new AbortController().signal));
  }

  /** @param position - where the instances stand in the log, for forgeries that continue it */
  say(text: string, position: string, random: Random): void {
    const doorbell = readDoorbell(text);
    const way = random.next();
    if (way < 0.2) this.#bridge.publishPlain(this.#namespace, doorbell.payload);
    else if (way < 0.4 && doorbell.payload.length < LONGEST_LOGGED) void this.#link.publish(doorbell.payload);
    else if (way < 0.5) this.#bridge.publishForged(this.#namespace, forged(doorbell.payload, position, random));
    else this.#bridge.publishForged(this.#namespace, doorbell);
  }
}

/** An entry where the real one would be, or close to it. */
function forged(payload: string, position: string, random: Random): Doorbell {
  const [milliseconds = '0', sequence = '0'] = position.split('-');
  const near = (): string => `${milliseconds}-${Math.max(0, Number(sequence) + random.below(5) - 2)}`;
  const previousId = random.pick([position, near(), '0-0', '18446744073709551615-0']);
  return { payload, entry: { id: near(), previousId: random.chance(0.1) ? undefined : previousId } };
}
