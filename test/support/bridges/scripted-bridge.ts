import type {
  BridgeMember,
  Doorbell,
  InvalidationBridge,
  InvalidationLink,
  LinkListener,
  MembersReply,
  SyncReply,
  SyncRequest,
} from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { isAfter } from '../../../libs/distributed-cache/src/redis/link/stream-id.js';
import { deferred, type Deferred } from '../common/deferred.js';

/** A request as the link got it; the test answers it when it is time. */
export interface ScriptedSync extends Deferred<SyncReply> {
  readonly request: SyncRequest;
}

export interface ScriptedPublish extends Deferred<string> {
  readonly payload: string;
}

export interface ScriptedPublishToMembers extends Deferred<MembersReply> {
  readonly payload: string;
}

/** A link that answers only when and what the test says. */
export class ScriptedLink implements InvalidationLink {
  readonly syncs: ScriptedSync[] = [];
  readonly publishes: ScriptedPublish[] = [];
  readonly publishesToMembers: ScriptedPublishToMembers[] = [];
  readonly acknowledged: string[] = [];
  /** One for every time that the replicas were asked. */
  readonly replications: Deferred<number>[] = [];
  /** One for every exercise; they are answered at once, unless {@link answersExercises} is `false`. */
  readonly exercises: Deferred<void>[] = [];
  answersExercises = true;
  readonly #listener: LinkListener | undefined;
  isClosed = false;
  hasLeft = false;
  closedBecause: 'silent-channel' | undefined;

  constructor(listener?: LinkListener) {
    this.#listener = listener;
  }

  sync(request: SyncRequest): Promise<SyncReply> {
    const sync = { request, ...deferred<SyncReply>() };
    this.syncs.push(sync);
    return sync.promise;
  }

  publish(payload: string): Promise<string> {
    const publish = { payload, ...deferred<string>() };
    this.publishes.push(publish);
    return publish.promise;
  }

  publishToMembers(payload: string): Promise<MembersReply> {
    const publish = { payload, ...deferred<MembersReply>() };
    this.publishesToMembers.push(publish);
    return publish.promise;
  }

  async acknowledge(token: string): Promise<void> {
    this.acknowledged.push(token);
  }

  replicated(): Promise<number> {
    const replication = deferred<number>();
    this.replications.push(replication);
    return replication.promise;
  }

  async exercise(): Promise<void> {
    const exercise = deferred<void>();
    this.exercises.push(exercise);
    if (this.answersExercises) exercise.resolve();
    return exercise.promise;
  }

  async leave(): Promise<void> {
    this.hasLeft = true;
  }

  close(reason?: 'silent-channel'): void {
    this.isClosed = true;
    this.closedBecause = reason;
  }

  /** The server rings. */
  ring(doorbell: Doorbell): void {
    this.#listener?.heard(doorbell);
  }

  break(reason = 'the link broke'): void {
    this.#listener?.broken(new Error(reason));
  }
}

/** A bridge whose links are the test's to speak for. */
export class ScriptedBridge implements InvalidationBridge {
  readonly target = 'scripted';
  readonly name: string | undefined;
  readonly links: ScriptedLink[] = [];
  readonly members: BridgeMember[] = [];
  /** What a connection string would say. */
  keepAlive: number | undefined;
  /** What `dial` rejects with; `undefined`: it succeeds. */
  refusal: Error | undefined;

  /** @param name - of the other side; by default the bridge has none, as one that was written before bridges had names */
  constructor(name?: string) {
    this.name = name;
  }

  isAfter(id: string, other: string): boolean {
    return isAfter(id, other);
  }

  async dial(member: BridgeMember, listener: LinkListener): Promise<InvalidationLink> {
    this.members.push(member);
    if (this.refusal) throw this.refusal;
    const link = new ScriptedLink(listener);
    this.links.push(link);
    return link;
  }

  /** The link dialled last. */
  get link(): ScriptedLink {
    return last(this.links, 'link');
  }

  get lastSync(): ScriptedSync {
    return last(this.link.syncs, 'sync');
  }

  get lastPublish(): ScriptedPublish {
    return last(this.link.publishes, 'publish');
  }
}

/** A whole reply, of which a test gives what it is about. */
export function syncReply(reply: Partial<SyncReply> = {}): SyncReply {
  return {
    epoch: 'first-run',
    newest: { id: '1-0', hash: 'h1' },
    continuous: false,
    entries: [],
    complete: true,
    settings: [],
    members: [],
    ...reply,
  };
}

function last<T>(list: readonly T[], what: string): T {
  const item = list.at(-1);
  if (item === undefined) throw new Error(`no ${what} yet`);
  return item;
}
