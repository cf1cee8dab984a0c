// Measures one group for `run.mjs`, in a process of its own, so that what the compiler learns from one group does not affect another.
import { startPrivateRedis } from '../tools/redis.mjs';
import { GROUPS } from './groups.mjs';

const [, , name = '', effort = '{}'] = process.argv;
const measure = GROUPS[name];
if (!measure) throw new Error(`There is no group '${name}'.`);
const redis = await startPrivateRedis();
try {
  process.send?.(await measure({ redis, effort: JSON.parse(effort) }));
} finally {
  await redis.stop();
}
process.exit();
