// The program of `startPeer`: answers the questions of a role.
import { serve } from '../../tools/child-process.mjs';
import { ROLES } from './roles.mjs';

/** @type {Readonly<Record<string, import('./roles.mjs').StartRole>>} */
const roles = ROLES;

const [, , role = '', given = '{}'] = process.argv;
const start = roles[role];
if (!start) throw new Error(`There is no role '${role}'.`);
const { answers, stop } = await start(JSON.parse(given));
serve(answers, stop);
