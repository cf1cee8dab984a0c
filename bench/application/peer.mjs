// The program of `startPeer`: reports that it is ready, answers one question at a time, and ends when its parent disconnects.
import { ROLES } from './roles.mjs';

/** @type {Readonly<Record<string, import('./roles.mjs').StartRole>>} */
const roles = ROLES;

const [, , role = '', given = '{}'] = process.argv;
const start = roles[role];
if (!start) throw new Error(`There is no role '${role}'.`);
const { answers, stop } = await start(JSON.parse(given));

process.on('message', (message) => void answer(message));
process.once('disconnect', () => void leave());
process.send?.('ready');

/** @param {unknown} message */
async function answer(message) {
  if (typeof message !== 'object' || message === null || !('question' in message)) return;
  const details = 'details' in message ? message.details : undefined;
  process.send?.((await answers[String(message.question)]?.(details)) ?? {});
}

async function leave() {
  await stop();
  process.exit();
}
