import { freePort } from '../../../tools/ports.mjs';
import { eventually } from '../common/eventually.js';
import type { RedisCertificate } from './redis-certificate.js';
import { RedisServer } from './redis-server.js';

const PRIMARIES = 3;
const SLOTS = 16_384;

export interface RedisClusterOptions {
  /** Speak TLS with clients and with each other. */
  tls?: RedisCertificate | undefined;
}

/** A Redis Cluster of three primaries with a replica each. */
export class RedisCluster {
  readonly nodes: readonly RedisServer[];
  readonly #ids = new Map<RedisServer, string>();
  readonly #gone = new Set<RedisServer>();

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
  }

  static async start({ tls }: RedisClusterOptions = {}): Promise<RedisCluster> {
    const nodes = await Promise.all(Array.from({ length: 2 * PRIMARIES }, () => startNode(tls)));
    const cluster = new RedisCluster(nodes);
    try {
      await cluster.#form();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** `host:port` of every node. */
  get endpoints(): readonly string[] {
    return this.nodes.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** What an application would be given: every node. */
  get connectionString(): string {
    return this.endpoints.join(',');
  }

  /** The slot that holds everything of `namespace`. */
  async slotOf(namespace: string): Promise<number> {
    return Number(await this.#cluster(this.#alive[0], 'KEYSLOT', `{${namespace}}:log`));
  }

  /** The primary that holds `slot`, as another node sees it. */
  async ownerOf(slot: number): Promise<RedisServer> {
    const lines = String(await this.#cluster(this.#alive[0], 'NODES')).split('\n');
    const line = lines.find((each) => isPrimaryOf(slot, each));
    const owner = this.#alive.find((node) => line?.startsWith(this.#ids.get(node) ?? '-'));
    if (!owner) throw new Error(`no node holds slot ${slot}`);
    return owner;
  }

  /** A primary that does not hold `slot`. */
  async otherThan(slot: number): Promise<RedisServer> {
    const owner = await this.ownerOf(slot);
    const other = (await this.#primaries()).find((node) => node !== owner);
    if (!other) throw new Error('the cluster has one primary only');
    return other;
  }

  async kill(node: RedisServer): Promise<void> {
    this.#gone.add(node);
    await node.kill();
  }

  /** Freezes a node for as long as `body` runs. */
  async whileFrozen(node: RedisServer, body: () => Promise<void>): Promise<void> {
    this.#gone.add(node);
    node.pause();
    try {
      await body();
    } finally {
      node.resume();
      this.#gone.delete(node);
    }
  }

  /** Makes the replica of the primary that holds `slot` take its place, while both live. Not twice within two node timeouts. */
  async failOver(slot: number): Promise<void> {
    const old = await this.ownerOf(slot);
    const lines = String(await this.#cluster(old, 'NODES')).split('\n');
    const replica = this.#alive.find((node) =>
      lines.some((line) => line.startsWith(this.#idOf(node)) && line.includes(`slave ${this.#idOf(old)}`)),
    );
    await eventually(() => this.#cluster(replica, 'FAILOVER'));
    await eventually(async () => {
      if ((await this.ownerOf(slot)) === old) throw new Error('the primary is still the old one');
    }, 30_000);
  }

  /** What `command` gives on every node. */
  onEvery(...[command = '', ...args]: (string | number)[]): Promise<unknown[]> {
    return Promise.all(this.#alive.map((node) => node.admin.call(String(command), ...args)));
  }

  /** From now on `to` takes over the slot, key by key. */
  async beginMove(slot: number, from: RedisServer, to: RedisServer): Promise<void> {
    await this.#cluster(to, 'SETSLOT', slot, 'IMPORTING', this.#idOf(from));
    await this.#cluster(from, 'SETSLOT', slot, 'MIGRATING', this.#idOf(to));
  }

  /** Moves one key of the slot, one that ends in `name`; `false` when there is none. */
  async moveKey(slot: number, from: RedisServer, to: RedisServer, name = ''): Promise<boolean> {
    const keys = await this.#cluster(from, 'GETKEYSINSLOT', slot, 1_000);
    const key = Array.isArray(keys) ? keys.map(String).find((each) => each.endsWith(name)) : undefined;
    if (key === undefined) return false;
    await from.admin.call('MIGRATE', '127.0.0.1', to.port, key, 0, 5_000);
    return true;
  }

  /** Moves what is left, and tells every primary that the slot is `to`'s now. */
  async finishMove(slot: number, from: RedisServer, to: RedisServer): Promise<void> {
    while (await this.moveKey(slot, from, to));
    for (const node of new Set([to, from, ...this.#alive.slice(0, PRIMARIES)])) {
      await this.#cluster(node, 'SETSLOT', slot, 'NODE', this.#idOf(to));
    }
  }

  /**
   * Takes a primary out of the cluster, as `redis-cli --cluster reshard` and `del-node` do: `to` gets all its slots, every other node
   * forgets it, and it forgets the cluster.
   */
  async takeOut(node: RedisServer, to: RedisServer): Promise<void> {
    this.#gone.add(node);
    const replicas = String(await this.#cluster(node, 'NODES')).split('\n');
    for (const replica of this.#alive) {
      const line = replicas.find((each) => each.startsWith(this.#idOf(replica)));
      if (line?.includes(`slave ${this.#idOf(node)}`)) await this.#cluster(replica, 'REPLICATE', this.#idOf(to));
    }
    const slots = await slotsOf(node);
    for (const slot of slots) {
      if (Number(await this.#cluster(node, 'COUNTKEYSINSLOT', slot)) === 0) continue;
      await this.beginMove(slot, node, to);
      while (await this.moveKey(slot, node, to));
    }
    for (const primary of [to, ...(await this.#primaries()), node]) {
      const pipeline = primary.admin.pipeline();
      for (const slot of slots) pipeline.call('CLUSTER', 'SETSLOT', slot, 'NODE', this.#idOf(to));
      await pipeline.exec();
    }
    for (const other of this.#alive) await this.#cluster(other, 'FORGET', this.#idOf(node));
    await this.#cluster(node, 'RESET');
    await this.#untilAll(this.#alive, 'CLUSTER INFO', /cluster_state:ok\r/);
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async #form(): Promise<void> {
    const primaries = this.nodes.slice(0, PRIMARIES);
    const replicas = this.nodes.slice(PRIMARIES);
    for (const node of this.nodes) this.#ids.set(node, String(await this.#cluster(node, 'MYID')));
    const share = (part: number): number => Math.floor((part * SLOTS) / PRIMARIES);
    for (const [index, node] of primaries.entries()) {
      await this.#cluster(node, 'SET-CONFIG-EPOCH', index + 1);
      await this.#cluster(node, 'ADDSLOTSRANGE', share(index), share(index + 1) - 1);
    }
    for (const node of this.nodes.slice(1)) {
      const [, busPort = ''] = (await node.admin.config('GET', 'cluster-port')).map(String);
      await this.#cluster(this.nodes[0], 'MEET', '127.0.0.1', node.port, busPort);
    }
    await this.#untilAll(this.nodes, 'CLUSTER INFO', /cluster_known_nodes:6\r/);
    for (const [index, replica] of replicas.entries()) {
      await this.#cluster(replica, 'REPLICATE', this.#idOf(primaries[index]));
    }
    await this.#untilAll(this.nodes, 'CLUSTER INFO', /cluster_state:ok\r/);
    await this.#untilAll(replicas, 'INFO replication', /master_link_status:up\r/);
    await this.#untilAll(this.nodes, 'CLUSTER NODES', /slave [^]*slave [^]*slave /);
  }

  /** Waits until all of them say so. */
  async #untilAll(nodes: readonly RedisServer[], command: string, pattern: RegExp): Promise<void> {
    const [name = '', argument = ''] = command.split(' ');
    await eventually(async () => {
      const answers = await Promise.all(nodes.map((node) => node.admin.call(name, argument)));
      const other = answers.map(String).find((answer) => !pattern.test(answer));
      if (other !== undefined) throw new Error(`${command} gave ${other}`);
    }, 20_000);
  }

  async #primaries(): Promise<readonly RedisServer[]> {
    const roles = await Promise.all(this.#alive.map(({ admin }) => admin.call('ROLE')));
    return this.#alive.filter((_, index) => String(roles[index]).startsWith('master'));
  }

  get #alive(): readonly RedisServer[] {
    return this.nodes.filter((node) => !this.#gone.has(node));
  }

  #idOf(node: RedisServer | undefined): string {
    return (node && this.#ids.get(node)) ?? '';
  }

  #cluster(node: RedisServer | undefined, subcommand: string, ...args: (string | number)[]): Promise<unknown> {
    if (!node) throw new Error('no node of the cluster is alive');
    return node.admin.call('CLUSTER', subcommand, ...args);
  }
}

/** The slots that a primary itself says it holds. */
async function slotsOf(node: RedisServer): Promise<readonly number[]> {
  const lines = String(await node.admin.call('CLUSTER', 'NODES')).split('\n');
  const [, , , , , , , , ...ranges] = (lines.find((line) => line.includes('myself')) ?? '').split(' ');
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Whether a line of CLUSTER NODES is of a living primary that holds `slot`. */
function isPrimaryOf(slot: number, line: string): boolean {
  const [, , flags = '', , , , , , ...ranges] = line.split(' ');
  if (!flags.includes('master') || flags.includes('fail')) return false;
  return ranges.some((range) => {
    const [first = '', last = first] = range.split('-');
    return !range.startsWith('[') && Number(first) <= slot && slot <= Number(last);
  });
}

async function startNode(tls: RedisCertificate | undefined): Promise<RedisServer> {
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-port': `${await freePort()}`,
    'cluster-node-timeout': '1000',
    // A replica is promoted however long its primary has been away, and stays with its own.
    'cluster-replica-validity-factor': '0',
    'cluster-allow-replica-migration': 'no',
    'repl-diskless-sync-delay': '0',
    'repl-ping-replica-period': '1',
    ...(tls ? { 'tls-cluster': 'yes', 'tls-replication': 'yes' } : {}),
  };
  return RedisServer.start({ tls, args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]) });
}
