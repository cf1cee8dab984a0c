import type { Redis } from 'ioredis';

/** The server has no password, and one was given. */
const NEEDS_NO_PASSWORD =
  /^ERR (?:Client sent AUTH, but no password is set|AUTH <password> called without any password configured)/;

/** Refusals that ioredis takes for a hint, writes to the console, and goes on after. */
const TAKEN_FOR_A_HINT: readonly (readonly [RegExp, string])[] = [
  [/^DENIED (.*?) because .*$/s, 'DENIED $1'],
  [/^ERR wrong number of arguments for 'auth' command$/i, 'ERR wrong number of arguments for AUTH'],
];

/** Node.js warns of a longer timer, and fires it at once; in ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Keeps what ioredis does on a connection off the console, which is past the logger of the application: its hints about `AUTH`, and the
 * warning of Node.js about a `connectTimeout` that is too long for a timer.
 *
 * That the server needs no password is told to `onNoPassword`. Other refusals that ioredis would hint at fail the connection, in other
 * words than those that it looks for.
 *
 * @internal
 */
export function keepOffConsole(redis: Redis, onNoPassword: () => void): void {
  const { options } = redis;
  if (options.connectTimeout !== undefined) options.connectTimeout = Math.min(options.connectTimeout, LONGEST_TIMER);
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream) => {
    if (command.name === 'auth' || command.name === 'hello') {
      const { reject } = command;
      command.reject = (error) => {
        if (!NEEDS_NO_PASSWORD.test(error.message)) return reject(inOtherWords(error));
        onNoPassword();
        command.resolve('OK');
      };
    }
    return send(command, stream);
  };
}

function inOtherWords(error: Error): Error {
  const hint = TAKEN_FOR_A_HINT.find(([text]) => text.test(error.message));
  if (!hint) return error;
  return Object.assign(new Error(error.message.replace(...hint)), { name: error.name });
}
