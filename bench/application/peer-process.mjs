import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./peer.mjs', import.meta.url));

/**
 * Another process that takes part: one instance, or one that listens to a bare channel. It ends with this one.
 *
 * @param {string} role one of the roles in `application/peer.mjs`
 * @param {Record<string, unknown>} given
 */
export async function startPeer(role, given) {
  const child = fork(PROGRAM, [role, JSON.stringify(given)], { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The peer '${role}' has ended with ${code}.`);
  });
  // Heard when nobody waits for it as well.
  ended.catch(() => undefined);

  const answer = async () => {
    const [message] = await Promise.race([once(child, 'message'), ended]);
    return message;
  };
  await answer();
  return {
    pid: child.pid,
    /**
     * @param {string} question
     * @param {unknown} [details]
     */
    async ask(question, details) {
      const answered = answer();
      child.send({ question, details });
      return answered;
    },
    async stop() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
