import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** @typedef {typeof import('./roles.mjs').ROLES} Roles */

/**
 * The questions that a role answers.
 *
 * @template {keyof Roles} Role
 * @typedef {Awaited<ReturnType<Roles[Role]>>['answers']} Answers
 */

/**
 * The details that a question needs: one object, or nothing.
 *
 * @template Answer
 * @typedef {Answer extends (...details: infer Details) => unknown ? Details : never} DetailsOf
 */

/**
 * @template Answer
 * @typedef {Answer extends (...details: never) => infer Result ? Awaited<Result> : never} ResultOf
 */

const PROGRAM = fileURLToPath(new URL('./peer.mjs', import.meta.url));

/**
 * Starts another process that takes part in a measurement, such as a second instance of ours or of a peer. It ends with this process.
 *
 * @template {keyof Roles} Role
 * @param {Role} role
 * @param {Parameters<Roles[Role]>[0]} given as JSON can carry it
 */
export async function startPeer(role, given) {
  const child = fork(PROGRAM, [role, JSON.stringify(given)], { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The peer '${role}' has ended with ${code}.`);
  });
  // The process also ends while no question is open; without this, Node would report that as an unhandled rejection.
  ended.catch(() => undefined);

  const answer = async () => {
    const [message] = await Promise.race([once(child, 'message'), ended]);
    return message;
  };
  await answer();
  return {
    pid: child.pid,
    /**
     * One question at a time.
     *
     * @template {keyof Answers<Role>} Question
     * @param {Question} question
     * @param {DetailsOf<Answers<Role>[Question]>} details
     * @returns {Promise<ResultOf<Answers<Role>[Question]>>}
     * @throws {Error} when the process ends before it has answered
     */
    async ask(question, ...details) {
      const answered = answer();
      child.send({ question, details: details[0] });
      return answered;
    },
    async stop() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
