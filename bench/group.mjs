// Measures one group for `run.mjs`, in a process of its own: what one contender taught the compiler is not to the cost of another group.
import { startPrivateRedis } from '../scripts/redis.mjs';
import { GROUPS } from './groups.mjs';

const [, , name = '', effort = '{}'] = process.argv;
const redis = await startPrivateRedis();
try {
  process.send?.(await GROUPS[name]({ redis, effort: JSON.parse(effort) }));
} finally {
  await redis.stop();
}
process.exit();
