import type { Redis } from 'ioredis';
import type { Observation, ObservationListener, ObservedNamespace } from '../../protocol/observation.js';
import { disconnect } from '../dial/sockets.js';
import { readDoorbell } from './doorbell-text.js';
import { lookScript } from './look-script.js';
import { listedMembers } from './member-list.js';
import { answersOf, type RedisNames } from './redis-names.js';
import { ScriptRuns } from './script-runs.js';
import { serverMilliseconds } from './stream-id.js';

/** @internal */
export interface ObservationParts {
  readonly commands: Redis;
  readonly subscriber: Redis;
  readonly names: RedisNames;
  readonly listener: ObservationListener;
  /** The error that is reported for an error of ioredis. */
  explain(this: void, error: unknown): Error;
}

/** The link of an observer over Redis. @internal */
export class RedisObservation implements Observation {
  readonly #parts: ObservationParts;
  readonly #scripts: ScriptRuns;
  /** The questions whose answers are wanted, by their channels. */
  readonly #asked = new Map<string, string>();

  constructor(parts: ObservationParts) {
    this.#parts = parts;
    this.#scripts = new ScriptRuns(parts.commands, parts.explain);
  }

  async ask(id: string, question: string): Promise<void> {
    const { commands, subscriber, names, explain } = this.#parts;
    const channel = answersOf(names, id);
    this.#asked.set(channel, id);
    try {
      await subscriber.subscribe(channel);
      await commands.publish(names.questions, question);
    } catch (error) {
      throw explain(error);
    }
  }

  async forget(id: string): Promise<void> {
    const { subscriber, names } = this.#parts;
    const channel = answersOf(names, id);
    this.#asked.delete(channel);
    await subscriber.unsubscribe(channel);
  }

  async look(): Promise<ObservedNamespace> {
    const { log, members } = this.#parts.names;
    const reply = await this.#scripts.run(lookScript, [log, members], []);
    if (!Array.isArray(reply) || reply.length < 7) throw new Error('the reply of Redis to an observer cannot be read');
    const [time, length, oldest, newest, memory, run] = reply.map(String);
    return {
      members: listedMembers(reply[6]),
      log: {
        length: Number(length),
        memory: memory === '-1' ? undefined : Number(memory),
        oldest: oldest || undefined,
        newest: newest || undefined,
        newestAge: newest ? Number(time) - serverMilliseconds(newest) : undefined,
      },
      run: run || undefined,
    };
  }

  /** Sends any command, for what only an operator looks at. Rejects with an error that is explained. */
  async call(command: string, ...args: readonly string[]): Promise<unknown> {
    const { commands, explain } = this.#parts;
    try {
      return await commands.call(command, ...args);
    } catch (error) {
      throw explain(error);
    }
  }

  /** Passes a message of one of the channels to the listener. */
  receive(channel: string, text: string): void {
    const { names, listener } = this.#parts;
    const id = this.#asked.get(channel);
    if (channel === names.channel) listener.heard(readDoorbell(text));
    else if (id !== undefined) listener.answered(id, text);
  }

  close(): void {
    disconnect(this.#parts.commands);
    disconnect(this.#parts.subscriber);
  }
}
