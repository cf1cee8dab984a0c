import { randomUUID } from 'node:crypto';
import type { LogEntry, MembersReply, SyncReply, SyncRequest } from '../protocol/invalidation-bridge.js';
import type { ObservedNamespace } from '../protocol/observation.js';
import type { Member } from '../protocol/member.js';
import { advance, type Position } from '../protocol/position.js';
import { InMemoryMembers } from './in-memory-members.js';

interface ChainedEntry extends Omit<LogEntry, 'age'> {
  readonly hash: string;
  /** On the clock of the log, in ms. */
  readonly writtenAt: number;
}

const NO_POSITION: Position = { id: '0-0', hash: '' };

/** Whether entry `id` comes after entry `other`. An id is `<milliseconds>-<sequence>`. @internal */
export function isAfter(id: string, other: string): boolean {
  const [milliseconds = 0, sequence = 0] = id.split('-').map(Number);
  const [otherMilliseconds = 0, otherSequence = 0] = other.split('-').map(Number);
  return milliseconds === otherMilliseconds ? sequence > otherSequence : milliseconds > otherMilliseconds;
}

/** The log of one namespace and its members, in lists: the counterpart of the scripts in redis/link/. @internal */
export class InMemoryLog {
  #entries: ChainedEntry[] = [];
  readonly #members = new InMemoryMembers();
  #run: string = randomUUID();
  #lastMillisecond = 0;
  #sequence = 0;

  /** Appends an entry, and returns its id and the id of the entry before it. */
  append(
    payload: string,
    length: number,
    serverTime: number,
  ): { readonly id: string; readonly previousId: string | undefined } {
    const previous = this.#entries.at(-1);
    const id = this.#nextId(serverTime);
    const { hash } = advance(previous?.hash ?? '', id, payload);
    this.#entries.push({ id, payload, hash, writtenAt: serverTime });
    this.trim(length);
    return { id, previousId: previous?.id };
  }

  /** The members now, and for how long the list has been complete. */
  members(serverTime: number): Omit<MembersReply, 'id'> {
    return this.#members.list(serverTime);
  }

  look(serverTime: number): ObservedNamespace {
    const newest = this.#entries.at(-1);
    return {
      members: this.#members.list(serverTime).members,
      log: {
        length: this.#entries.length,
        memory: undefined,
        oldest: this.#entries[0]?.id,
        newest: newest?.id,
        newestAge: newest && serverTime - newest.writtenAt,
      },
      run: this.#run,
    };
  }

  leave(instanceId: string): void {
    this.#members.leave(instanceId);
  }

  sync(request: SyncRequest, member: Member, chunk: number, length: number, serverTime: number): SyncReply {
    this.#members.sync(member, request, request.epoch === this.#run, serverTime);
    if (this.#entries.length === 0) this.append(request.noOp, length, serverTime);
    const newest = this.#entries.at(-1) ?? NO_POSITION;
    const { members, settings } = this.#members.list(serverTime);
    const reply = {
      epoch: this.#run,
      newest: { id: newest.id, hash: newest.hash },
      settings,
      members: request.wantsMembers ? members : [],
    };

    const { position, epoch } = request;
    const at = this.#entries.findIndex((entry) => entry.id === position?.id && entry.hash === position.hash);
    if (at === -1 || epoch !== this.#run) {
      const hasVanished = position !== undefined && epoch === this.#run && this.#beginsAnew;
      return { ...reply, continuous: false, entries: [], complete: true, vanished: hasVanished ? ['log'] : [] };
    }

    const after = this.#entries.slice(at + 1);
    const entries = after
      .slice(0, chunk)
      .map(({ id, payload, writtenAt }) => ({ id, payload, age: serverTime - writtenAt }));
    return { ...reply, continuous: true, entries, complete: entries.length === after.length };
  }

  /** Whether nothing was trimmed away before the first entry: an earlier position is then of another log. */
  get #beginsAnew(): boolean {
    const [first] = this.#entries;
    return first !== undefined && first.hash === advance('', first.id, first.payload).hash;
  }

  /** Keeps the newest `length` entries. */
  trim(length: number): void {
    if (this.#entries.length > length) this.#entries = this.#entries.slice(this.#entries.length - length);
  }

  /** The server was restarted or replaced. It has everything but the newest `lost` entries, and the list of members unless that is lost. */
  restart(lost = 0, areMembersLost = false): void {
    this.#run = randomUUID();
    this.#members.restart(areMembersLost);
    this.#entries = this.#entries.slice(0, Math.max(0, this.#entries.length - lost));
  }

  #nextId(serverTime: number): string {
    const millisecond = Math.max(Math.floor(serverTime), this.#lastMillisecond);
    this.#sequence = millisecond === this.#lastMillisecond ? this.#sequence + 1 : 0;
    this.#lastMillisecond = millisecond;
    return `${millisecond}-${this.#sequence}`;
  }
}
