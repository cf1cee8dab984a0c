import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { InvalidationLink } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { tcpEndpoint } from '../../libs/distributed-cache/src/redis/endpoint.js';
import { clientsFromConnectionString } from '../../libs/distributed-cache/src/redis/dial/clients.js';
import { LinkConnections } from '../../libs/distributed-cache/src/redis/dial/link-connections.js';
import { RedisInvalidationBridge } from '../../libs/distributed-cache/src/redis/redis-invalidation-bridge.js';
import { ServerChoice } from '../../libs/distributed-cache/src/redis/dial/server-choice.js';
import { bridgeMember } from '../support/bridges/bridge-member.js';
import { eventually } from '../support/common/eventually.js';
import { proxyTo, startRedis, usingRedis } from '../support/redis/using-redis.js';

const never = new AbortController().signal;

describe('the connections of a link', () => {
  const redis = usingRedis();

  const named = async (name: string): Promise<readonly string[]> =>
    String(await redis.admin.call('CLIENT', 'LIST'))
      .split('\n')
      .filter((line) => line.includes(` name=${name} `));

  describe('of a member', () => {
    const links: InvalidationLink[] = [];
    const broken: Error[] = [];
    afterEach(() => {
      for (const link of links.splice(0)) link.close();
      broken.splice(0);
    });

    async function dial(name: string, minReplicas: number, port = redis.port): Promise<InvalidationLink> {
      const bridge = new RedisInvalidationBridge({ connectionString: `127.0.0.1:${port},name=${name}` });
      const listener = { heard() {}, acknowledged() {}, broken: (cause: Error) => broken.push(cause) };
      const link = await bridge.dial(bridgeMember({ minReplicas }), listener, never);
      links.push(link);
      return link;
    }

    it.each([
      ['two', 0, 2],
      ['three', 1, 3],
    ])('are %s with minReplicas: %i', async (name, minReplicas, count) => {
      const link = await dial(name, minReplicas);
      expect(await named(name)).toHaveLength(count);
      link.close();
      await eventually(async () => expect(await named(name)).toEqual([]));
      expect(broken).toEqual([]);
    });

    it('are alive when a message comes, although an answer does not', async () => {
      const proxy = await proxyTo(redis);
      const link = await dial('burst', 0, proxy.port);
      // Whatever is sent from now on never arrives; what comes from the server does.
      proxy.blackhole({ role: 'subscriber', direction: 'requests' });
      let isAlive = false;
      const exercised = link.exercise?.().then(() => (isAlive = true));
      await eventually(() => expect(proxy.swallowed).toBeGreaterThan(0));
      expect(isAlive).toBe(false);
      await link.publish('{}');
      await exercised;
    });

    it.each([2, 3])('are all in use after an exercise, in RESP%i', async (protocol) => {
      const link = await dial(`used,protocol=${protocol}`, 1);
      const used = async (): Promise<readonly string[]> =>
        (await named('used')).flatMap((line) => / cmd=(\S+)/.exec(line)?.[1] ?? []).toSorted();
      await link.exercise?.();
      await link.publish('{}');
      expect(await used()).toEqual(['eval', 'subscribe', 'wait']);
    });

    it('are not exercised by a WAIT behind another one, whose own deadline holds', async () => {
      const link = await dial('waiting', 1);
      let isAnswered = false;
      const answered = (): void => void (isAnswered = true);
      const waiting = link.replicated(1, 60_000).then(answered, answered);
      await link.exercise?.();
      expect(isAnswered).toBe(false);
      link.close();
      await waiting;
    });

    it('with minReplicas end together when one of them is lost, and are reported broken once', async () => {
      await dial('each', 1);
      const [id] = (await named('each'))
        .flatMap((line) => /^id=(\d+)/.exec(line)?.[1] ?? [])
        .toSorted()
        .toReversed();
      await redis.admin.call('CLIENT', 'KILL', 'ID', id ?? '');
      await eventually(async () => expect(await named('each')).toEqual([]));
      expect(broken).toHaveLength(1);
    });
  });

  it('are refused when one is lost before all of them are open', async () => {
    const { connect } = LinkConnections.prototype;
    let made = 0;
    const lossy = vi.spyOn(LinkConnections.prototype, 'connect').mockImplementation(async function (
      this: LinkConnections,
      place,
    ) {
      const connection = await connect.call(this, place);
      made += 1;
      if (made < 3) return connection;
      // The server, or a firewall, closes the one for replicas before the channel is subscribed to.
      const closed = once(connection, 'close');
      connection.disconnect();
      await closed;
      return connection;
    });
    const bridge = new RedisInvalidationBridge({ connectionString: `127.0.0.1:${redis.port},name=lossy` });
    const listener = { heard() {}, acknowledged() {}, broken() {} };
    await expect(bridge.dial(bridgeMember({ minReplicas: 1 }), listener, never)).rejects.toThrow(
      'Redis closed the connection',
    );
    await eventually(async () => expect(await named('lossy')).toEqual([]));
    lossy.mockRestore();
  });

  it('go to one server, until its channel was silent and another node is known', async () => {
    const other = await startRedis();
    const clients = clientsFromConnectionString(`127.0.0.1:${redis.port},127.0.0.1:${other.port}`);
    const choice = new ServerChoice(clients);
    const make = await clients.prepare();
    const connect = async () => {
      const connecting = new LinkConnections(make, 1_000, never);
      const server = await choice.connect(connecting, '{shop}:log', never);
      connecting.closeAll();
      return server;
    };

    const first = await connect();
    expect(first.subscriber.options.port).toBe(first.commands.options.port);
    first.channelWasSilent();
    const listenedAt: (number | undefined)[] = [];
    for (let dials = 0; dials < 4; dials += 1) listenedAt.push((await connect()).subscriber.options.port);
    const silent = first.subscriber.options.port;
    const loud = silent === redis.port ? other.port : redis.port;
    expect(listenedAt).toEqual([loud, loud, loud, loud]);

    // The other is lost: a dial fails for it once, and no more.
    await other.stop();
    const clientsOfOne = {
      ...clients,
      seeds: () => [tcpEndpoint('127.0.0.1', redis.port), tcpEndpoint('127.0.0.1', other.port)],
    };
    const choiceOfOne = new ServerChoice(clientsOfOne);
    const dial = async () => {
      const connecting = new LinkConnections(make, 1_000, never);
      try {
        const { channelWasSilent } = await choiceOfOne.connect(connecting, '{shop}:log', never);
        channelWasSilent();
        return 'connected';
      } catch (error) {
        return String(error);
      } finally {
        connecting.closeAll();
      }
    };
    expect(await dial()).toBe('connected');
    expect(await dial()).toContain('ECONNREFUSED');
    expect(await dial()).toBe('connected');
  });
});
