// Measures one group for `run.mjs`, in a process of its own, so that what the compiler learns from one group does not affect another.
import { serve } from '../tools/child-process.mjs';
import { startPrivateRedis } from '../tools/redis.mjs';
import { GROUPS } from './groups.mjs';

const [, , name = '', given = '{}'] = process.argv;
const measure = GROUPS[name];
if (!measure) throw new Error(`There is no group '${name}'.`);
const redis = await startPrivateRedis();

const commands = { measure: () => measure({ redis, ...JSON.parse(given) }) };

/** @typedef {typeof commands} GroupCommands */

serve(commands, () => redis.stop());
