import { Child } from '../../tools/child-process.mjs';

/** @typedef {typeof import('./roles.mjs').ROLES} Roles */

/**
 * The questions that a role answers.
 *
 * @template {keyof Roles} Role
 * @typedef {Awaited<ReturnType<Roles[Role]>>['answers']} Answers
 */

const PROGRAM = new URL('./peer.mjs', import.meta.url);

/**
 * Starts another process that takes part in a measurement, such as a second instance of ours or of a peer. It ends with this process.
 *
 * @template {keyof Roles} Role
 * @param {Role} role
 * @param {Parameters<Roles[Role]>[0]} given as JSON can carry it
 * @returns {Promise<Child<Answers<Role>>>}
 */
export async function startPeer(role, given) {
  /** @type {Child<Answers<Role>>} */
  const peer = new Child(PROGRAM, {
    name: `the peer '${role}'`,
    args: [role, JSON.stringify(given)],
    execArgv: ['--expose-gc'],
  });
  await peer.ready;
  return peer;
}
