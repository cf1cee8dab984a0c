import { vi } from 'vitest';
import type {
  BridgeMember,
  Doorbell,
  InvalidationBridge,
  InvalidationLink,
  SyncReply,
  SyncRequest,
} from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';

import { bridgeMember } from './bridge-member.js';

/** A bridge, and what the test may do to the server behind it. */
export interface BridgeUnderTest {
  readonly bridge: InvalidationBridge;
  /** The server starts again with the log it had. */
  restart(): Promise<void>;
  /** The log of `namespace` is deleted behind everybody's back. */
  wipe(namespace: string): Promise<void>;
  close(): Promise<void>;
}

/** One link, and what came through it. */
export interface BridgeCaller {
  readonly link: InvalidationLink;
  readonly heard: Doorbell[];
  /** Token and instance of every acknowledgement. */
  readonly acknowledged: (readonly [token: string, instanceId: string])[];
  readonly broken: Error[];
}

export const NO_OP = '{"v":1,"f":"conformance","n":"no-op"}';
export const PATIENCE = { timeout: 10_000, interval: 5 };

/** Those who speak to one bridge under test, each over a link of their own. */
export class BridgeCallers {
  readonly server: BridgeUnderTest;
  readonly namespace: string;
  readonly #callers: BridgeCaller[] = [];

  constructor(server: BridgeUnderTest, namespace: string) {
    this.server = server;
    this.namespace = namespace;
  }

  async dial(settings: Partial<BridgeMember> = {}): Promise<BridgeCaller> {
    const heard: Doorbell[] = [];
    const acknowledged: (readonly [string, string])[] = [];
    const broken: Error[] = [];
    const instanceId = `test:1:${this.#callers.length}`;
    const member = bridgeMember({ instanceId, namespace: this.namespace, ...settings });
    const listener = {
      heard: (bell: Doorbell) => heard.push(bell),
      acknowledged: (token: string, by: string) => acknowledged.push([token, by]),
      broken: (cause: Error) => broken.push(cause),
    };
    const link = await this.server.bridge.dial(member, listener, new AbortController().signal);
    const caller = { link, heard, acknowledged, broken };
    this.#callers.push(caller);
    return caller;
  }

  /** Dials as soon as the server answers again. */
  dialAgain(): Promise<BridgeCaller> {
    return vi.waitFor(() => this.dial(), PATIENCE);
  }

  sync({ link }: BridgeCaller, request: Partial<SyncRequest> = {}): Promise<SyncReply> {
    return link.sync({ position: undefined, epoch: undefined, noOp: NO_OP, ...request });
  }

  /** Asks for what follows the newest entry of an earlier reply. */
  syncAfter(caller: BridgeCaller, { newest, epoch }: SyncReply): Promise<SyncReply> {
    return this.sync(caller, { position: newest, epoch });
  }

  heardBy({ heard }: BridgeCaller, count: number): Promise<void> {
    return vi.waitFor(() => {
      if (heard.length < count) throw new Error(`heard ${heard.length} of ${count} messages`);
    }, PATIENCE);
  }

  async close(): Promise<void> {
    for (const { link } of this.#callers) link.close();
    await this.server.close();
  }
}
