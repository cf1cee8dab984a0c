import type { Redis } from 'ioredis';
import { describeEndpoint, tcpEndpoint, type TcpEndpoint } from '../../endpoint.js';
import { sentinelAclRule } from '../../acl-rule.js';
import { dialStep } from '../dial-step.js';
import { keepOffConsole } from '../quiet-connection.js';
import { toLinkError } from '../redis-errors.js';
import { disconnect, listenToEveryError, peerAddressOf } from '../sockets.js';
import type { NamedPrimary } from './agreement.js';
import type { HostAddresses } from './host-addresses.js';
import { namedConnection, NameWatch, type NamedConnection } from './name-watch.js';

/** Makes a connection to a sentinel that is not dialled yet. @internal */
export type MakeSentinel = (this: void, endpoint: TcpEndpoint, withCredentials: boolean) => Redis;

/** @internal */
export interface SentinelOptions {
  readonly make: MakeSentinel;
  /** How long an answer may take, in ms. */
  readonly timeout: number;
  /** Knows where the name of the sentinel leads. */
  readonly addresses: HostAddresses;
  /**
   * Whether the credentials are those of sentinels. Those of the server, which a sentinel is given for want of others, are kept from it
   * until it asks for some: many sentinels have none, and refuse a user that they do not know. Default: they are.
   */
  readonly areOwn?: boolean | undefined;
}

/** The least time between two questions about the name of a sentinel, in ms. */
const BETWEEN_LOOKUPS = 5_000;

/**
 * One sentinel. Its connection is kept from question to question, and dialled anew after a failure, and when its name leads elsewhere.
 *
 * @internal
 */
export class Sentinel {
  readonly #endpoint: TcpEndpoint;
  readonly #make: MakeSentinel;
  readonly #timeout: number;
  readonly #addresses: HostAddresses;
  #redis: Redis | undefined;
  #nameWatch: NameWatch | undefined;
  #asking: Promise<NamedPrimary> | undefined;
  #next: Promise<NamedPrimary> | undefined;
  /** Whether it is asked with credentials. Once one of its kind has demanded them, they stay. */
  #withCredentials: boolean;
  #isClosed = false;

  constructor(endpoint: TcpEndpoint, { make, timeout, addresses, areOwn = true }: SentinelOptions) {
    this.#endpoint = endpoint;
    this.#make = make;
    this.#timeout = timeout;
    this.#addresses = addresses;
    this.#withCredentials = areOwn;
  }

  /**
   * Resolves with an answer to a question that is asked at this call or later. Rejects when the sentinel does not name the primary within
   * the timeout.
   */
  primaryOf(service: string, signal: AbortSignal): Promise<NamedPrimary> {
    if (!this.#asking) return this.#ask(service, signal);
    // A sentinel gets one question at a time. The answer to the one that is under way may be older than this call, so all who call
    // meanwhile share the next one.
    this.#next ??= this.#asking
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#ask(service, signal);
      });
    return this.#next;
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #ask(service: string, signal: AbortSignal): Promise<NamedPrimary> {
    this.#asking = this.#primaryOf(service, signal).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #primaryOf(service: string, signal: AbortSignal): Promise<NamedPrimary> {
    if (this.#isClosed) throw new Error('the link has ended');
    const redis = (this.#redis ??= this.#open());
    try {
      const answer = await dialStep(ask(redis, service), this.#timeout, signal);
      if (this.#redis === redis) this.#lookAtName(redis);
      return answer;
    } catch (error) {
      if (this.#redis === redis) this.#drop();
      const failure = toLinkError(error, { isSentinel: true, aclRule: sentinelAclRule() });
      if (!this.#withCredentials && /^(?:NOAUTH|NOPERM) /.test(failure.message)) {
        this.#withCredentials = true;
        return this.#primaryOf(service, signal);
      }
      failure.message = `sentinel ${describeEndpoint(this.#endpoint)}: ${failure.message}`;
      throw failure;
    }
  }

  #open(): Redis {
    const redis = this.#make(this.#endpoint, this.#withCredentials);
    // The question that fails reports the error.
    redis.on('error', () => {});
    listenToEveryError(redis);
    // Nothing is amiss: a sentinel tells nobody more than where the primary is.
    keepOffConsole(redis, () => {});
    return redis;
  }

  /** Which of several sentinels answers does not matter, so no proof is needed that another one does. */
  #lookAtName(redis: Redis): void {
    const named = namedConnection(this.#endpoint, redis, peerAddressOf(redis));
    if (named) this.#nameWatch ??= this.#watch(named, redis);
    this.#nameWatch?.look();
  }

  #watch(named: NamedConnection, redis: Redis): NameWatch {
    return new NameWatch(named, this.#addresses, {
      interval: BETWEEN_LOOKUPS,
      find: async () => ({ address: undefined, isSame: false }),
      moved: () => {
        if (this.#redis === redis) this.#drop();
      },
    });
  }

  #drop(): void {
    this.#nameWatch?.close();
    this.#nameWatch = undefined;
    if (this.#redis) disconnect(this.#redis);
    this.#redis = undefined;
  }
}

async function ask(redis: Redis, service: string): Promise<NamedPrimary> {
  if (redis.status === 'wait') await connected(redis);
  // The epoch from the first command and the address from the second: while the sentinel that leads a failover completes it, the first one
  // describes the old primary under the new epoch. In this order, the epoch can only be too old for the address.
  const [description, address] = await Promise.all([
    redis.call('SENTINEL', 'MASTER', service),
    redis.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', service),
  ]);
  if (!Array.isArray(description) || !Array.isArray(address)) throw new Error(`it knows no primary '${service}'`);
  const [host, port] = address.map(String);
  const fields = description.map(String);
  return {
    endpoint: tcpEndpoint(host ?? '', Number(port)),
    configEpoch: Number(fields[fields.indexOf('config-epoch') + 1]),
  };
}

/** Rejects with the cause, which ioredis gives in an event only, when it closes the connection because of it. */
async function connected(redis: Redis): Promise<void> {
  let failure: Error | undefined;
  redis.once('error', (error) => (failure = error));
  await redis.connect().catch((error: unknown) => Promise.reject(failure ?? error));
  if (failure) throw failure;
}
