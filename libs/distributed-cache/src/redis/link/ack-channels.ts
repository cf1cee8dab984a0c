import type { Redis } from 'ioredis';
import { ackAddress, addressIn } from '../../protocol/ack-token.js';
import { BridgeRefusal, type LinkListener } from '../../protocol/invalidation-bridge.js';
import { acksOf, type RedisNames } from './redis-names.js';

const OWN_CHANNEL_REFUSED =
  'Redis does not allow the channels on which acknowledgements reach only the instance that waits for them, so each of them goes to every instance that has ever waited, on the channel that older versions use. Give the user what aclRule() of nestjs-distributed-cache/redis says';

/** @internal */
export interface AckChannelsParts {
  readonly commands: Redis;
  readonly subscriber: Redis;
  readonly names: RedisNames;
  readonly instanceId: string;
  /** The error that is reported for an error of ioredis. */
  explain(this: void, error: unknown): Error;
  readonly noticed?: LinkListener['noticed'];
}

/**
 * The channels for acknowledgements. Each instance listens on one of its own, which its tokens name: if all listened on one channel, each
 * acknowledgement would cost as many messages as there are instances.
 *
 * There is also one that all share. Older versions listen and acknowledge only there, and so does whoever may not use the others.
 *
 * @internal
 */
export class AckChannels {
  readonly #parts: AckChannelsParts;
  readonly #own: string;
  #listening: Promise<void> | undefined;
  /** Whether the server has refused the channel of some instance: it allows all of them or none. */
  #areRefused = false;

  constructor(parts: AckChannelsParts) {
    this.#parts = parts;
    this.#own = acksOf(parts.names, ackAddress(parts.instanceId));
  }

  /** Whether it listens, or is about to. */
  get isListening(): boolean {
    return this.#listening !== undefined;
  }

  /** Whether acknowledgements come on this channel. */
  includes(channel: string): boolean {
    return channel === this.#own || channel === this.#parts.names.acks;
  }

  /** Resolves once the server sends acknowledgements. Only an instance that waits for some asks for them, from its first wait on. */
  listen(): Promise<void> {
    return (this.#listening ??= this.#subscribe().catch((error: unknown) => {
      // The next wait tries again: the permissions may have been changed.
      this.#listening = undefined;
      throw error;
    }));
  }

  async acknowledge(token: string): Promise<void> {
    const { names } = this.#parts;
    const address = addressIn(token);
    if (address === undefined || this.#areRefused) return this.#publish(names.acks, token);
    try {
      await this.#publish(acksOf(names, address), token);
    } catch (error) {
      if (!(error instanceof BridgeRefusal) || error.remedy !== 'report') throw error;
      this.#refused(error);
      await this.#publish(names.acks, token);
    }
  }

  async #subscribe(): Promise<void> {
    const { subscriber, names, explain } = this.#parts;
    const [own, shared] = await Promise.allSettled([subscriber.subscribe(this.#own), subscriber.subscribe(names.acks)]);
    if (own.status === 'fulfilled') return;
    if (shared.status === 'rejected') throw shared.reason;
    // The next wait tries again here, too: by then the user may have the permission, and others acknowledge on the own channel.
    this.#listening = undefined;
    this.#refused(explain(own.reason));
  }

  async #publish(channel: string, token: string): Promise<void> {
    const { commands, instanceId, explain } = this.#parts;
    try {
      await commands.publish(channel, `${token} ${instanceId}`);
    } catch (error) {
      throw explain(error);
    }
  }

  #refused({ message }: Error): void {
    if (this.#areRefused) return;
    this.#areRefused = true;
    this.#parts.noticed?.({ severity: 'warn', message: OWN_CHANNEL_REFUSED, cause: message });
  }
}
