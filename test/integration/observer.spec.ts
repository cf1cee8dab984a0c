import { describe, expect, it, onTestFinished } from 'vitest';
import { Observer, type Seen } from '../../libs/distributed-cache/src/observer/observer.js';
import { aclRule } from '../../libs/distributed-cache/src/redis/acl-rule.js';
import { RedisInvalidationBridge } from '../../libs/distributed-cache/src/redis/redis-invalidation-bridge.js';
import { eventually } from '../support/common/eventually.js';
import { instances } from '../support/instances/instances.js';
import { usingRedis } from '../support/redis/using-redis.js';

const redis = usingRedis();

async function observing(connectionString: string, namespace: string, seen?: (each: Seen) => void): Promise<Observer> {
  const bridge = new RedisInvalidationBridge({ connectionString });
  const observer = await Observer.open(bridge, namespace, { ...(seen && { seen }) });
  onTestFinished(() => observer.close());
  return observer;
}

describe('an observer on a real Redis', () => {
  it('is told of every instance, hears what is evicted, and is no member', async () => {
    const { a, b } = await instances(2).on(redis).connected();
    const { namespace } = a.status();
    const seen: Seen[] = [];
    const observer = await observing(redis.connectionString, namespace, (each) => seen.push(each));
    await a.region('r').getOrLoad('1', () => 1);
    const ids = [a, b].map((cache) => cache.status().instanceId).toSorted();
    const answers = await observer.ask({ ask: 'entry', region: 'r', key: '1' }, 2);
    expect(answers.map(({ from }) => from).toSorted()).toEqual(ids);
    expect(answers.find(({ from }) => from === a.status().instanceId)?.['entry']).toMatchObject({ tags: [] });
    await b.region('r').evict('1');
    await eventually(() => expect(seen).toMatchObject([{ from: b.status().instanceId }]));
    const { members, log, run } = await observer.look();
    expect(members.map(({ member }) => member.instanceId).toSorted()).toEqual(ids);
    expect(log).toMatchObject({ newest: b.status().position });
    expect(log.length).toBeGreaterThan(0);
    expect(log.memory).toBeGreaterThan(0);
    expect(run).toMatch(/^\w+\/\w+$/);
  });

  it('and its instances need no more permissions than aclRule gives', async () => {
    const namespace = `observed-${process.pid}`;
    const user = `observed${process.pid}`;
    const { admin } = redis;
    await admin.call('ACL', 'SETUSER', user, 'on', '>pw', ...aclRule({ namespace, observer: true }).split(' '));
    await admin.call('ACL', 'LOG', 'RESET');
    const url = new URL(redis.connectionString);
    url.username = user;
    url.password = 'pw';
    const { a } = await instances(1).on({ connectionString: url.href }).with({ namespace }).connected();
    const observer = await observing(url.href, namespace);
    expect(await observer.ask({ ask: 'status' }, 1)).toMatchObject([{ from: a.status().instanceId }]);
    await observer.look();
    expect(await admin.call('ACL', 'LOG')).toEqual([]);
  });
});
