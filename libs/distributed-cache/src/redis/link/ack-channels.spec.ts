import { describe, expect, it, vi } from 'vitest';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { ackAddress, newAckToken } from '../../protocol/ack-token.js';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { AckChannels, type AckChannelsParts } from './ack-channels.js';
import { redisNames } from './redis-names.js';

const names = redisNames('', 'shop');

/** A server that hands messages on, and may refuse all channels but the shared one. */
class Server {
  allowsOwnChannels = true;
  readonly #subscriptions: { readonly channel: string; readonly got: string[] }[] = [];

  instance(instanceId: string) {
    const got: string[] = [];
    const noticed = vi.fn<NonNullable<AckChannelsParts['noticed']>>();
    const commands = {
      publish: async (channel: string, text: string): Promise<void> => {
        this.#check(channel);
        for (const subscription of this.#subscriptions)
          if (subscription.channel === channel) subscription.got.push(text);
      },
    };
    const subscriber = {
      subscribe: async (channel: string): Promise<void> => {
        this.#check(channel);
        this.#subscriptions.push({ channel, got });
      },
    };
    const explain = (error: unknown): Error => new BridgeRefusal('report', String(error));
    const parts = {
      commands: unsafeCast<never>(commands),
      subscriber: unsafeCast<never>(subscriber),
      names,
      instanceId,
    };
    return { got, noticed, acks: new AckChannels({ ...parts, explain, noticed }) };
  }

  #check(channel: string): void {
    if (channel !== names.acks && !this.allowsOwnChannels) throw new Error('NOPERM');
  }
}

describe('Acknowledgements', () => {
  it('reach only the instance that waits', async () => {
    const server = new Server();
    const [a, b, c] = [server.instance('a'), server.instance('b'), server.instance('c')];
    await Promise.all([a.acks.listen(), b.acks.listen(), c.acks.listen()]);
    const token = newAckToken(ackAddress('b'));
    await a.acks.acknowledge(token);
    expect([a.got, b.got, c.got]).toEqual([[], [`${token} a`], []]);
  });

  it('go by the shared channel while the others are refused, with one warning', async () => {
    const server = new Server();
    server.allowsOwnChannels = false;
    const [a, b] = [server.instance('a'), server.instance('b')];
    await b.acks.listen();
    await b.acks.listen();
    await a.acks.acknowledge(newAckToken(ackAddress('b')));
    expect(b.got.length).toBeGreaterThan(0);
    expect(b.noticed).toHaveBeenCalledTimes(1);
  });

  it('reach an instance that was refused its channel once the permission is there, from its next wait on', async () => {
    const server = new Server();
    server.allowsOwnChannels = false;
    const b = server.instance('b');
    await b.acks.listen();
    server.allowsOwnChannels = true;
    await b.acks.listen();
    await server.instance('a').acks.acknowledge(newAckToken(ackAddress('b')));
    expect(b.got).toHaveLength(1);
  });
});
