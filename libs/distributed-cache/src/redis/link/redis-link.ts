import type { Redis } from 'ioredis';
import {
  BridgeRefusal,
  type BridgeMember,
  type InvalidationLink,
  type LinkListener,
  type LogEntry,
  type MembersReply,
  type SyncReply,
  type SyncRequest,
} from '../../protocol/invalidation-bridge.js';
import { encodeMember } from '../../protocol/member.js';
import { disconnect } from '../dial/sockets.js';
import { AckChannels } from './ack-channels.js';
import { readDoorbell } from './doorbell-text.js';
import { leaveScript } from './leave-script.js';
import { listedMembers, listedSettings, settingsArguments, staysListed } from './member-list.js';
import { memoryNotice } from './memory-policy.js';
import { publishScript, publishToMembersScript } from './publish-script.js';
import { ScriptRuns } from './script-runs.js';
import { answersOf, KEPT_FOR, type RedisNames } from './redis-names.js';
import { serverMilliseconds } from './stream-id.js';
import { syncScript } from './sync-script.js';

/** The most entries that one sync returns. */
const MOST_ENTRIES = 500;

/** The most bytes of payload that one sync returns; the first entry is returned whatever its size. */
const MOST_BYTES = 256 * 1024;

/** Why the list of members began when it did. */
const LIST_BEGAN = ['new-list', 'other-server', 'unknown-server'] as const;

/** What a server can lose while it runs. */
const VANISHING = ['log', 'members'] as const;

/**
 * A write that servers send to their replicas although it leaves everything as it is. Redis does nothing else between the two, so the key
 * is at no time one of those that the memory policies `volatile-*` evict.
 */
const WRITE_WITHOUT_EFFECT = `redis.call('PEXPIRE', KEYS[1], ${KEPT_FOR}) redis.call('PERSIST', KEYS[1])`;

/** The log has an invalidation, and the channel did not take it. @internal */
export const NOT_PUBLISHED =
  'Redis takes invalidations into its log, but does not let this instance publish them: the others apply them with their next sync, up to 5 s later';

const INFO_REFUSED =
  'Redis does not allow INFO, so that an instance cannot tell whether it is still the same server: it starts empty after every reconnect, and an eviction everywhere takes maxStaleness. Give the user +info';

/** To whom a link tells what. @internal */
export interface LinkTold {
  /** The error that is reported for an error of ioredis. */
  explain(this: void, error: unknown): Error;
  readonly noticed?: LinkListener['noticed'];
}

/** The open connections that a link works on. @internal */
export interface OpenConnections {
  readonly commands: Redis;
  readonly subscriber: Redis;
  /** A connection to the server of `commands`, for `WAIT` alone, which blocks it. `undefined` without `minReplicas`. */
  readonly waiter?: Redis | undefined;
  /**
   * Resolves unless somebody who knows, asked from now on, says that another server has taken this one's place; rejects then. `undefined`
   * when nobody could be asked.
   */
  readonly untilConfirmed?: (() => Promise<void>) | undefined;
  /** Called with each sync: looks, on its own, whether the name of the server leads elsewhere. `undefined` when there is no name. */
  readonly lookAtName?: (() => void) | undefined;
  /** Called when the link is closed because its channel did not deliver what the log holds. */
  readonly channelWasSilent?: (() => void) | undefined;
}

/** One link over Redis: sends the commands, and reads what the subscriber receives. @internal */
export class RedisLink implements InvalidationLink {
  readonly #connections: OpenConnections;
  readonly #names: RedisNames;
  readonly #member: BridgeMember;
  /** The element of the sorted set of members that stands for this instance. */
  readonly #record: string;
  readonly #scripts: ScriptRuns;
  readonly #told: LinkTold;
  readonly #acks: AckChannels;
  /** What waits until the subscription to the acknowledgements is answered. */
  #waitingForAcks: (() => void)[] | undefined;
  /** The epoch when the server does not allow INFO. It is never equal to the epoch of another link. */
  readonly #unknownEpoch = `unknown:${Math.random()}`;
  /** How many `WAIT` have no answer yet. */
  #runningWaits = 0;
  /** Called when the subscriber has brought a message. */
  #onReceived: () => void = () => {};
  #isInfoAllowed = false;
  #hasLookedAtPolicy = false;
  #isClosed = false;

  constructor(connections: OpenConnections, names: RedisNames, member: BridgeMember, told: LinkTold) {
    this.#connections = connections;
    this.#scripts = new ScriptRuns(connections.commands, told.explain);
    this.#told = told;
    this.#names = names;
    this.#member = member;
    this.#record = encodeMember(member);
    const { commands, subscriber } = connections;
    this.#acks = new AckChannels({ ...told, commands, subscriber, names, instanceId: member.instanceId });
  }

  async publish(payload: string): Promise<string> {
    const { log, channel } = this.#names;
    const args = [channel, payload, this.#member.logLength];
    const reply = await this.#inOrder(() => this.#scripts.run(publishScript, [log], args));
    if (!Array.isArray(reply)) return String(reply);
    const [id, refusal]: readonly unknown[] = reply;
    this.#notPublished(String(refusal));
    return String(id);
  }

  /** The log has the message, and its channel did not take it. */
  #notPublished(answer: string): void {
    const { message } = this.#told.explain(Object.assign(new Error(answer), { name: 'ReplyError' }));
    this.#told.noticed?.({ severity: 'error', message: NOT_PUBLISHED, cause: message });
  }

  async publishToMembers(payload: string): Promise<MembersReply> {
    const { log, members, channel } = this.#names;
    const args = [channel, payload, this.#member.logLength];
    const subscribed = this.#listenToAcks();
    const reply = await this.#inOrder(async () => {
      try {
        await this.#answer(subscribed);
      } catch (error) {
        // As when Redis is out of memory: the connected instances drop now, and the payload enters the log later.
        if (error instanceof BridgeRefusal) await this.#answer(this.#connections.commands.publish(channel, payload));
        throw error;
      }
      return this.#scripts.run(publishToMembersScript, [log, members], args);
    });
    // Asked after the log has accepted it: a server that was replaced before may have delivered it to nobody.
    await this.#connections.untilConfirmed?.();
    const refusal: unknown = Array.isArray(reply) ? reply[5] : undefined;
    if (typeof refusal === 'string') this.#notPublished(refusal);
    return readMembers(reply);
  }

  /** What is published meanwhile waits as well ({@link #inOrder}). */
  #listenToAcks(): Promise<void> {
    const { isListening } = this.#acks;
    const listening = this.#acks.listen();
    if (isListening) return listening;
    const waiting: (() => void)[] = [];
    this.#waitingForAcks = waiting;
    const proceed = (): void => {
      this.#waitingForAcks = undefined;
      for (const send of waiting) send();
    };
    listening.then(proceed, proceed);
    return listening;
  }

  /** Sends in the order of the calls: a later message must not stand in the log before a part of an earlier eviction. */
  #inOrder(send: () => Promise<unknown>): Promise<unknown> {
    const waiting = this.#waitingForAcks;
    if (!waiting) return send();
    return new Promise((resolve) => waiting.push(() => resolve(send())));
  }

  acknowledge(token: string): Promise<void> {
    return this.#acks.acknowledge(token);
  }

  async replicated(count: number, timeout: number): Promise<number> {
    const { waiter } = this.#connections;
    if (!waiter) throw new Error('this link was dialled without minReplicas');
    // WAIT counts the replicas that have the last write of its own connection. So a write comes first: it is later in the replication stream
    // than everything that was published before. The timeout is in whole ms and never 0: to Redis that means for ever, and the connection
    // would stay blocked.
    this.#runningWaits += 1;
    const answers = await waiter
      .pipeline()
      .eval(WRITE_WITHOUT_EFFECT, 1, this.#names.log)
      .wait(count, Math.max(1, Math.ceil(timeout)))
      .exec()
      .finally(() => (this.#runningWaits -= 1));
    for (const [error] of answers ?? []) if (error) throw this.#told.explain(error);
    return Number(answers?.at(-1)?.[1]);
  }

  async exercise(): Promise<void> {
    await Promise.all([this.#subscriberIsAlive(), this.#waiterIsAlive()]);
  }

  /** `SUBSCRIBE` again changes nothing. Unlike `PING`, it needs no permission that the dial did not need. */
  async #subscriberIsAlive(): Promise<void> {
    const received = new Promise<void>((resolve) => (this.#onReceived = resolve));
    const { subscriber } = this.#connections;
    // A message proves as much as the answer, which is behind all messages of a burst that are not read yet.
    await Promise.race([received, this.#anyAnswer(subscriber.subscribe(this.#names.channel))]);
  }

  /** `WAIT` for no replica is answered at once. A `WAIT` that runs is an exercise too, and its own deadline holds. */
  async #waiterIsAlive(): Promise<void> {
    const { waiter } = this.#connections;
    if (waiter && this.#runningWaits === 0) await this.#anyAnswer(waiter.wait(0, 1));
  }

  async sync({ position, epoch, noOp, remembered, wantsMembers }: SyncRequest): Promise<SyncReply> {
    const { logLength } = this.#member;
    const answer = this.#scripts.run(
      syncScript,
      [this.#names.log, this.#names.members],
      [
        this.#record,
        position?.id ?? '',
        position?.hash ?? '',
        epoch === this.#unknownEpoch ? '' : (epoch ?? 'none'),
        noOp,
        logLength,
        MOST_ENTRIES,
        MOST_BYTES,
        staysListed(this.#member),
        wantsMembers ? 1 : 0,
        ...settingsArguments([this.#member, ...remembered]),
      ],
    );
    this.#connections.lookAtName?.();
    // Asked after the request was sent: a server that was replaced before must not vouch for copies.
    const [reply] = await Promise.all([answer, this.#connections.untilConfirmed?.()]);
    const read = this.#readSync(reply);
    void this.#lookAtMemoryPolicy();
    return read;
  }

  /** Once, and no failure is told: nothing depends on it, and the next link looks again. */
  async #lookAtMemoryPolicy(): Promise<void> {
    // A refused INFO would leave an entry in the ACL log of the server.
    if (this.#hasLookedAtPolicy || !this.#isInfoAllowed) return;
    this.#hasLookedAtPolicy = true;
    const info = await this.#connections.commands.info('memory').catch(() => '');
    const notice = memoryNotice(info);
    if (notice) this.#told.noticed?.(notice);
  }

  async answer(id: string, answer: string): Promise<void> {
    await this.#answer(this.#connections.commands.publish(answersOf(this.#names, id), answer));
  }

  async leave(): Promise<void> {
    const { log, members } = this.#names;
    await this.#scripts.run(leaveScript, [log, members], [this.#record, KEPT_FOR]);
  }

  /** Passes a message of one of the channels to the listener. */
  receive(channel: string, text: string, listener: LinkListener): void {
    this.#onReceived();
    if (this.#isClosed) return;
    if (channel === this.#names.channel) listener.heard(readDoorbell(text));
    if (channel === this.#names.questions) listener.asked?.(text);
    if (!this.#acks.includes(channel)) return;
    const space = text.indexOf(' ');
    listener.acknowledged(text.slice(0, space), text.slice(space + 1));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(reason?: 'silent-channel'): void {
    this.#isClosed = true;
    if (reason === 'silent-channel') this.#connections.channelWasSilent?.();
    disconnect(this.#connections.commands);
    disconnect(this.#connections.subscriber);
    if (this.#connections.waiter) disconnect(this.#connections.waiter);
  }

  #readSync(reply: unknown): SyncReply {
    if (!Array.isArray(reply) || reply.length < 9) throw new Error('the reply of Redis to a sync cannot be read');
    const [epoch, serverTime, id, hash, continuous, complete] = reply.map(String);
    const [settings, members, vanished, ...rest]: readonly unknown[] = reply.slice(6);
    this.#isInfoAllowed = epoch !== '';
    if (epoch === '') this.#told.noticed?.({ severity: 'warn', message: INFO_REFUSED });
    const entries: LogEntry[] = [];
    for (let i = 0; i + 1 < rest.length; i += 2) {
      const entryId = String(rest[i]);
      entries.push({
        id: entryId,
        payload: String(rest[i + 1]),
        age: Number(serverTime) - serverMilliseconds(entryId),
      });
    }
    return {
      epoch: epoch === '' ? this.#unknownEpoch : epoch,
      newest: { id: id ?? '', hash: hash ?? '' },
      continuous: continuous === '1',
      complete: complete === '1',
      entries,
      settings: listedSettings(settings),
      members: listedMembers(members),
      vanished: VANISHING.filter((each) => String(vanished).includes(each)),
    };
  }

  /** Waits until the server has answered, be it with an error, unless another dial mends that. */
  async #anyAnswer(reply: Promise<unknown>): Promise<void> {
    try {
      await reply;
    } catch (error) {
      const failure = this.#told.explain(error);
      if (!(failure instanceof BridgeRefusal) || failure.remedy === 'redial') throw failure;
    }
  }

  async #answer(reply: Promise<unknown>): Promise<unknown> {
    try {
      return await reply;
    } catch (error) {
      throw this.#told.explain(error);
    }
  }
}

function readMembers(reply: unknown): MembersReply {
  if (!Array.isArray(reply) || reply.length < 5) throw new Error('the reply of Redis to a publish cannot be read');
  const [id, listAge, settings, members, began]: readonly unknown[] = reply;
  return {
    id: String(id),
    listAge: Number(listAge),
    listBegan: LIST_BEGAN.find((each) => each === began),
    settings: listedSettings(settings),
    members: listedMembers(members),
  };
}
