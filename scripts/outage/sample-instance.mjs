import { fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { CONNECTION_STRING_VARIABLES, SAMPLE } from '../../tools/environment.mjs';
import { freePort } from '../../tools/ports.mjs';

/** A line of the cache, as the sample writes it. */
const LINE = /\s(LOG|WARN|ERROR) \[DistributedCache\] (.*)$/;

/** One instance of the sample in a process of its own, and what its cache logs. */
export class SampleInstance {
  /** @type {{ level: string, text: string }[]} */
  lines = [];
  #child;

  /**
   * @param {{ redisConnectionString: string, databaseFile: string }} settings
   * @returns {Promise<SampleInstance>} once it serves
   */
  static async start({ redisConnectionString, databaseFile }) {
    const port = await freePort();
    const instance = new SampleInstance(port, { redisConnectionString, databaseFile });
    await once(instance.#child, 'message');
    return instance;
  }

  /** @param {number} port @param {{ redisConnectionString: string, databaseFile: string }} settings */
  constructor(port, { redisConnectionString, databaseFile }) {
    this.origin = `http://127.0.0.1:${port}`;
    const none = Object.fromEntries(CONNECTION_STRING_VARIABLES.map((name) => [name, '']));
    const env = { ...process.env, ...none, NO_COLOR: '1', HOST: '127.0.0.1', PORT: `${port}` };
    this.#child = fork(SAMPLE, {
      env: { ...env, RedisConnectionString: redisConnectionString, DATABASE_FILE: databaseFile },
      cwd: dirname(SAMPLE),
      silent: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#hear(line));
  }

  async stop() {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }

  /** @param {string} line */
  #hear(line) {
    const [, level, text] = LINE.exec(line) ?? [];
    // What stands behind the sentence are the parameters.
    if (level !== undefined && text !== undefined) this.lines.push({ level, text: text.replace(/ \{.*$/, '') });
  }
}
