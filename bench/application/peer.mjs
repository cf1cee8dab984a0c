// A process of `startPeer`: says when it is ready, answers what it is asked, one question at a time, and ends when nobody can ask any more.
import { ROLES } from './roles.mjs';

const [, , role = '', given = '{}'] = process.argv;
const start = ROLES[role];
if (!start) throw new Error(`There is no role '${role}'.`);
const { answers, stop } = await start(JSON.parse(given));

process.on('message', (message) => void answer(message));
process.once('disconnect', () => void leave());
process.send?.('ready');

/** @param {any} message */
async function answer({ question, details }) {
  process.send?.((await answers[question]?.(details)) ?? {});
}

async function leave() {
  await stop();
  process.exit();
}
