import { expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { instances } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { usingRedis } from '../support/redis/using-redis.js';

const redis = usingRedis();

it.each(['99999999999999999999-0', '18446744073709551615-18446744073709551615', '9999999999999-0'])(
  'a doorbell with the forged id %s right after the newest entry does not keep instances from being coherent',
  async (forged) => {
    const { a, b } = await instances(2).on(redis).with({ maxStaleness: '1s' }).connected();
    await a.region('products').evict('0');
    await eventually(() => expect(b.status().position).toBe(a.status().position));

    const payload = JSON.stringify({ v: 1, k: [['products', 'x']] });
    await redis.admin.publish(namesInRedis().channel, `${a.status().position} ${forged} ${payload}`);

    await untilCoherent(a, b);
    // The next sync finds the forgery out; it is a heartbeat away.
    await eventually(() => expect([a, b].every((cache) => cache.status().position !== forged)).toBe(true));
    await untilCoherent(a, b);
    await fill('1', 'old', a, b);
    await a.region('products').evict('1');
    expect(a.status().outbox).toBe(0);
    await untilDropped('1', a, b);
  },
);
