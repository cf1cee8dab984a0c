import { aclRule, sentinelAclRule } from 'nestjs-distributed-cache/redis';
import { eventually } from '../common/eventually.js';
import { fill, untilDropped } from '../instances/copies.js';
import { ACKS } from '../redis/redis-permissions.js';
import type { Cause } from './cause.js';

const ALL = aclRule({ namespace: 'shop' }).split(' ');
const REFUSED = 'error: Redis refuses what the cache needs; invalidations wait until it is allowed';
/** The whole rule stands in the line. */
const WITH_RULE = String.raw`\(allow the user what aclRule\(\) of nestjs-distributed-cache/redis says: ~\{shop\}:log .* \+zrem`;

/** A user who lacks one rule, and who shows it as soon as the instance has dialled. */
function lacking(rule: string, answer: string): Cause {
  return {
    cause: `the user lacks ${rule}`,
    async provoke(scene) {
      const { place } = await scene.redisFor(...ALL.filter((each) => each !== rule));
      const { a } = scene.instances(1, place).started();
      await a.firstSync(1).catch(() => undefined);
      await a.region('products').evict('1');
      await scene.untilSaid(/refuses/);
    },
    says: [new RegExp(`^${REFUSED} \\| (?:${answer}) ${WITH_RULE}`)],
  };
}

const IN_SCRIPT = "ERR The user executing the script can't [^(]*|ERR ACL failure in script: [^(]*";

/** Permissions: the package, and each message, say what is needed. */
export const PERMISSIONS: readonly Cause[] = [
  {
    cause: 'the user has what aclRule() says, evicts everywhere and leaves',
    async provoke(scene) {
      const { redis, place } = await scene.redisFor(...ALL);
      const all = await scene.instances(2, place, { maxStaleness: '300ms', drainTimeout: '1s' }).connected();
      await all.a.region('products').evict('1', { everywhere: { timeout: '30s' } });
      await all.close();
      const entries = await redis.admin.call('ACL', 'LOG');
      if (JSON.stringify(entries) !== '[]') throw new Error(`ACL LOG holds ${JSON.stringify(entries)}`);
    },
    says: [],
  },
  {
    cause: 'the user lacks +info',
    async provoke(scene) {
      const { redis, place } = await scene.redisFor(...ALL.filter((rule) => rule !== '+info'));
      const { a } = await scene.instances(1, place).connected();
      await redis.admin.call('CLIENT', 'KILL', 'USER', 'shop');
      await eventually(() => {
        if (a.stats().bridge.reconnects !== 1) throw new Error('it has not reconnected yet');
      });
      await scene.thrown(() => a.region('products').evict('1', { everywhere: { timeout: '300ms' } }));
    },
    says: [
      /^thrown: .*Redis does not say which server it is \(where it is Redis, the user lacks \+info\) and may have forgotten an instance/,
      /^warn: Redis does not allow INFO, .* it starts empty after every reconnect, and an eviction everywhere takes maxStaleness\. Give the user \+info$/,
    ],
  },
  {
    cause: 'the user lacks +publish',
    async provoke(scene) {
      const { place } = await scene.redisFor(...ALL.filter((rule) => rule !== '+publish'));
      const { a, b } = await scene.instances(2, place, { maxStaleness: '2s' }).connected();
      await fill('1', 'one', a, b);
      const { delivered } = await a.region('products').evict('1');
      if (!delivered) throw new Error('the log has it, and the eviction says that it has not');
      await untilDropped('1', b);
      await scene.untilSaid(/does not let this instance publish/);
    },
    says: [
      new RegExp(
        `^error: Redis takes invalidations into its log, but does not let this instance publish them: .* \\| (?:${IN_SCRIPT}) ${WITH_RULE}`,
      ),
    ],
  },
  lacking('+xadd', IN_SCRIPT),
  lacking('+persist', "NOPERM .*'persist' command"),
  lacking('+eval', "NOPERM .*'eval' command"),
  lacking('~{shop}:members', 'NOPERM .*key.*'),
  lacking('&{shop}:invalidations', 'NOPERM .*channel.*'),
  {
    cause: 'the user lacks &{shop}:acks and &{shop}:acks:*, and somebody evicts everywhere',
    async provoke(scene) {
      const { place } = await scene.redisFor(...ALL.filter((rule) => !ACKS.includes(rule)));
      const { a } = await scene.instances(1, place).connected();
      await scene.thrown(() => a.region('products').evict('1', { everywhere: { timeout: '300ms' } }));
    },
    says: [new RegExp(`^${REFUSED} \\| NOPERM .*channel.* ${WITH_RULE}`), /^thrown: .* Redis has not accepted it/],
  },
  ...['+zrem', '+pexpire'].map((missing) => ({
    cause: `the user lacks ${missing}, and the last instance leaves`,
    async provoke(scene: Parameters<Cause['provoke']>[0]) {
      const { place } = await scene.redisFor(...ALL.filter((rule) => rule !== missing));
      const all = await scene.instances(1, place, { drainTimeout: '1s' }).connected();
      await all.close();
    },
    says: [new RegExp(`^${REFUSED} \\| (?:${IN_SCRIPT}) ${WITH_RULE}`)],
  })),
  {
    cause: 'the user at the sentinel lacks +sentinel|master',
    async provoke(scene) {
      const redis = await scene.redis();
      const { client, port } = await scene.sentinel(redis.port);
      const rules = sentinelAclRule()
        .split(' ')
        .filter((rule) => rule !== '+sentinel|master');
      await client.call('ACL', 'SETUSER', 'shop', 'reset', 'on', '>secret', ...rules);
      const string = `127.0.0.1:${port},serviceName=main,sentinelUser=shop,sentinelPassword=secret`;
      scene.instances(1, { connectionString: string }).started();
      await scene.untilSaid(/refuses/);
    },
    says: [
      /no sentinel names the primary of 'main': .*NOPERM .*\(allow the user what sentinelAclRule\(\) of nestjs-distributed-cache\/redis says: \+sentinel\|master /,
    ],
  },
];
