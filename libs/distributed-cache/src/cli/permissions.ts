import { errorFrom } from '../common/error-from.js';
import { aclRule } from '../redis/acl-rule.js';
import { parseRedisConnectionString } from '../redis/connection-string/connection-string.js';
import type { RedisConnectionSettings } from '../redis/connection-string/settings.js';
import { redisNames, type RedisNames } from '../redis/link/redis-names.js';
import type { RedisObservation } from '../redis/link/redis-observation.js';

/** The advice behind the answer of a server that misses a permission. */
const ADVICE =
  /\(allow the user what aclRule\(\) of nestjs-distributed-cache\/redis says: (.*?)(?:; ACL LOG on the server names the command)?\)$/s;
const COMMAND_REFUSED = /^NOPERM .*run the '([^']+)' command/;
const KEY_REFUSED = /^NOPERM .*access .*\bkeys?\b/;

/**
 * What each command of the scripts is called with to see whether it is allowed. A server looks at the command first, then at the key, which
 * is one that nobody has, and only then at the rest, which it refuses or which changes nothing.
 */
const PROBES: Readonly<Record<string, (nobodys: string) => readonly string[]>> = {
  xrevrange: (nobodys) => [nobodys, '+', '-', 'COUNT', '1'],
  xadd: (nobodys) => [nobodys, 'MAXLEN', '~', 'none', '*', 'p', ''],
  publish: (nobodys) => [nobodys, ''],
  time: () => [],
  zadd: (nobodys) => [nobodys, 'none', ''],
  zremrangebyscore: (nobodys) => [nobodys, '0', '0'],
  zrangebyscore: (nobodys) => [nobodys, '0', '0'],
  persist: (nobodys) => [nobodys],
  xrange: (nobodys) => [nobodys, '-', '+', 'COUNT', '1'],
  info: () => ['server'],
  zrem: (nobodys) => [nobodys, ''],
  pexpire: (nobodys) => [nobodys, '1'],
};

/** The rights that the user of a connection string needs, and those that it lacks. @internal */
export class Permissions {
  readonly #user: string;
  readonly #rules: readonly string[];
  readonly #names: RedisNames;

  constructor(connectionString: string, namespace: string) {
    const settings = parseRedisConnectionString(connectionString);
    const { channelPrefix, database } = settings;
    this.#user = userIn(settings);
    this.#rules = aclRule({ namespace, channelPrefix, database }).split(' ');
    this.#names = redisNames(channelPrefix, namespace);
  }

  /**
   * The message of an error, which says what the user lacks, and how to allow it, if it is about a permission.
   *
   * @param observation - on which is asked what else is missing; `undefined`: there is none
   */
  async explained(message: string, observation?: Pick<RedisObservation, 'call'>): Promise<string> {
    const [advice, rule] = ADVICE.exec(message) ?? [];
    if (advice === undefined || rule === undefined) return message;
    const answer = message.slice(0, -advice.length);
    const lacking = observation ? await this.#lacking(observation) : [];
    // The script that publishes uses no other channel, and the first that is subscribed to is the same.
    if (/\bchannels?\b/.test(answer)) lacking.push(...this.#rules.filter((each) => each.startsWith('&')).slice(0, 1));
    return lacking.length > 0
      ? `${answer}(the user lacks ${lacking.join(', ')}; allow it: ACL SETUSER ${this.#user} ${lacking.join(' ')})`
      : `${answer}(allow it: ACL SETUSER ${this.#user} ${rule})`;
  }

  async #lacking(observation: Pick<RedisObservation, 'call'>): Promise<string[]> {
    const { log, members } = this.#names;
    const answerTo = async (command: string, ...args: readonly string[]): Promise<string> => {
      try {
        await observation.call(command, ...args);
        return '';
      } catch (error) {
        return errorFrom(error).message;
      }
    };
    const lacking: string[] = [];
    const keys = [
      [log, 'XRANGE', '-', '+', 'COUNT', '1'],
      [members, 'ZRANGEBYSCORE', '0', '0'],
    ] as const;
    for (const [index, [key, command, ...args]] of keys.entries()) {
      const rule = this.#rules[index];
      if (rule !== undefined && KEY_REFUSED.test(await answerTo(command, key, ...args))) lacking.push(rule);
    }
    for (const [command, args] of Object.entries(PROBES)) {
      if (COMMAND_REFUSED.test(await answerTo(command, ...args(`${log}:nobody`)))) lacking.push(`+${command}`);
    }
    return lacking;
  }
}

/** A user without a password may be a password in the wrong place. */
function userIn({ username, password }: RedisConnectionSettings): string {
  if (!username) return 'default';
  return password === undefined ? '<user>' : username;
}
