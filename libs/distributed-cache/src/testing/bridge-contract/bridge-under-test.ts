import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type {
  BridgeMember,
  Doorbell,
  InvalidationBridge,
  InvalidationLink,
  LogEntry,
  SyncReply,
  SyncRequest,
} from '../../protocol/invalidation-bridge.js';
import { eventually } from './eventually.js';

/** The bridge that a case of the contract tests, and what the case does to the server behind it. @publicApi */
export interface BridgeHarness {
  readonly bridge: InvalidationBridge;
  /** Restarts the server. It keeps the log that it had. */
  restart(): Promise<void>;
  /** Deletes the log of a namespace without telling anybody. */
  wipe(namespace: string): Promise<void>;
  /** Releases what the harness holds. The case has closed its links before. */
  close(): Promise<void>;
}

/** One link, and what came through it. @internal */
export interface OpenLink {
  readonly link: InvalidationLink;
  readonly heard: Doorbell[];
  /** Token and instance of every acknowledgement. */
  readonly acknowledged: (readonly [token: string, instanceId: string])[];
  readonly broken: Error[];
}

/** The no-op that the cases give with a sync. @internal */
export const NO_OP = '{"v":1,"f":"contract","n":"no-op"}';

/** A bridge, a namespace of its own, and the links that one case opens there. @internal */
export class BridgeUnderTest {
  readonly harness: BridgeHarness;
  readonly namespace = `contract-${randomUUID()}`;
  readonly #patience: number;
  readonly #links: OpenLink[] = [];

  constructor(harness: BridgeHarness, patience: number) {
    this.harness = harness;
    this.#patience = patience;
  }

  /** Opens a link for another instance. */
  async dial(settings: Partial<BridgeMember> = {}): Promise<OpenLink> {
    const open = { heard: [] as Doorbell[], acknowledged: [] as [string, string][], broken: [] as Error[] };
    const listener = {
      heard: (doorbell: Doorbell) => open.heard.push(doorbell),
      acknowledged: (token: string, instanceId: string) => open.acknowledged.push([token, instanceId]),
      broken: (cause: Error) => open.broken.push(cause),
    };
    const member = this.member({ instanceId: `instance-${this.#links.length}`, ...settings });
    const link = await this.harness.bridge.dial(member, listener, new AbortController().signal);
    this.#links.push({ link, ...open });
    return { link, ...open };
  }

  /** As {@link dial}, as soon as the server answers again. */
  dialAgain(): Promise<OpenLink> {
    return this.eventually(() => this.dial());
  }

  /** Opens a link and syncs, so that the instance is a member. */
  async join(settings: Partial<BridgeMember>): Promise<OpenLink> {
    const open = await this.dial(settings);
    await this.sync(open);
    return open;
  }

  /** An instance of this namespace with the default settings. */
  member(settings: Partial<BridgeMember> = {}): BridgeMember {
    return {
      instanceId: 'instance',
      maxStaleness: 10_000,
      whenDisconnected: 'reload',
      exceptions: [],
      namespace: this.namespace,
      logLength: 4_096,
      minReplicas: 0,
      ...settings,
    };
  }

  sync({ link }: OpenLink, request: Partial<SyncRequest> = {}): Promise<SyncReply> {
    const first = { position: undefined, epoch: undefined, noOp: NO_OP, remembered: [], wantsMembers: false };
    return link.sync({ ...first, ...request });
  }

  /** Asks for what follows the newest entry of an earlier reply. */
  syncAfter(open: OpenLink, { newest, epoch }: SyncReply): Promise<SyncReply> {
    return this.sync(open, { position: newest, epoch });
  }

  /** Waits until the channel has brought `count` messages. */
  heardBy({ heard }: OpenLink, count: number): Promise<void> {
    return this.eventually(() => assert.ok(heard.length >= count, `${heard.length} of ${count} messages came`));
  }

  /** Waits until `attempt` no longer fails. */
  eventually<T>(attempt: () => T | Promise<T>): Promise<T> {
    return eventually(attempt, this.#patience);
  }

  async close(): Promise<void> {
    for (const { link } of this.#links) link.close();
    await this.harness.close();
  }
}

/** The payloads of doorbells or of entries, in their order. @internal */
export function payloads(carriers: readonly { readonly payload: string }[]): readonly string[] {
  return carriers.map(({ payload }) => payload);
}

/** Entries without their age, which differs from one sync to the next. @internal */
export function withoutAge(entries: readonly LogEntry[]): readonly Omit<LogEntry, 'age'>[] {
  return entries.map(({ id, payload }) => ({ id, payload }));
}
