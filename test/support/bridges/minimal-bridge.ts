import { createHash } from 'node:crypto';
import type {
  BridgeMember,
  InvalidationBridge,
  InvalidationLink,
  LinkListener,
  MemberSettings,
  MembersReply,
  Position,
  SyncReply,
  SyncRequest,
} from 'nestjs-distributed-cache';
import type { BridgeHarness } from 'nestjs-distributed-cache/testing';

/** What the author of a bridge may get wrong. */
export const MISTAKES = [
  'compares ids as text',
  'names no previous entry',
  'cuts long payloads',
  'mixes the namespaces',
  'keeps no hash of what came before',
  'trusts the id without the hash',
  'keeps its epoch over a restart',
  'leaves an empty log empty',
  'sends the whole backlog at once',
  'forgets to trim',
  'gives entries no age',
  'lists everybody who has dialled',
  'keeps members that have left',
  'tells no settings',
  'tells members only to publishers',
  'keeps no settings that are remembered',
  'takes the list for complete at once',
  'takes what was trimmed for lost',
  'tells everybody when it is exercised',
  'acknowledges without a name',
  'breaks links without a word',
  'serves a closed link',
  'ignores the signal',
] as const;

/** One of them. */
export type Mistake = (typeof MISTAKES)[number];

interface Entry extends Position {
  readonly payload: string;
  readonly writtenAt: number;
}

interface Link {
  readonly member: BridgeMember;
  readonly listener: LinkListener;
}

const CHUNK = 100;

/**
 * A bridge as somebody else might write it, who knows nothing but the public API: its server is a few lists in this process, and its ids
 * are plain numbers. It can be made to get one thing wrong.
 */
export class MinimalBridge implements InvalidationBridge {
  readonly target = 'nowhere';
  readonly #mistake: Mistake | undefined;
  readonly #logs = new Map<string, Entry[]>();
  readonly #members = new Map<BridgeMember, number>();
  readonly #settings = new Map<string, { readonly namespace: string; readonly settings: MemberSettings }>();
  #links = new Set<Link>();
  #run = 1;
  #startedAt = Number.NEGATIVE_INFINITY;
  #lastId = 0;

  constructor(mistake?: Mistake) {
    this.#mistake = mistake;
  }

  isAfter(id: string, other: string): boolean {
    return this.#mistake === 'compares ids as text' ? id > other : Number(id) > Number(other);
  }

  async dial(member: BridgeMember, listener: LinkListener, signal: AbortSignal): Promise<InvalidationLink> {
    if (this.#mistake !== 'ignores the signal') signal.throwIfAborted();
    const link: Link = { member, listener };
    this.#links.add(link);
    if (this.#mistake === 'lists everybody who has dialled') this.#members.set(member, Date.now());
    const answer = async <T>(work: () => T): Promise<T> => {
      if (!this.#links.has(link) && this.#mistake !== 'serves a closed link') throw new Error('the link is closed');
      return work();
    };
    return {
      publish: (payload) => answer(() => this.#append(member, payload)),
      publishToMembers: (payload) => answer(() => ({ id: this.#append(member, payload), ...this.#list(member) })),
      acknowledge: (token) => answer(() => this.#acknowledge(member, token)),
      replicated: () => answer(() => 0),
      exercise: () => answer(() => this.#exercise(member)),
      sync: (request) => answer(() => this.#sync(member, request)),
      leave: () => answer(() => this.#leave(member)),
      close: () => {
        if (this.#mistake !== 'serves a closed link') this.#links.delete(link);
      },
    };
  }

  restart(): void {
    const broken = this.#links;
    this.#links = new Set();
    if (this.#mistake !== 'keeps its epoch over a restart') this.#run += 1;
    this.#startedAt = Date.now();
    if (this.#mistake === 'breaks links without a word') return;
    for (const { listener } of broken) listener.broken(new Error('the server was restarted'));
  }

  wipe(namespace: string): void {
    this.#logs.delete(namespace);
  }

  #log({ namespace }: BridgeMember): Entry[] {
    const log = this.#logs.get(namespace) ?? [];
    this.#logs.set(namespace, log);
    return log;
  }

  #append(member: BridgeMember, payload: string): string {
    const previousId = this.#mistake === 'names no previous entry' ? undefined : this.#log(member).at(-1)?.id;
    const { id, payload: kept } = this.#write(member, payload);
    this.#deliver(member, (listener) => listener.heard({ payload: kept, entry: { id, previousId } }));
    return id;
  }

  #write(member: BridgeMember, payload: string): Entry {
    const log = this.#log(member);
    const id = String((this.#lastId += 1));
    const kept = this.#mistake === 'cuts long payloads' ? payload.slice(0, 20) : payload;
    const previous = log.at(-1);
    const history = this.#mistake === 'keeps no hash of what came before' ? '' : (previous?.hash ?? '');
    const hash = createHash('sha1').update(history).update(kept).digest('hex');
    const entry = { id, payload: kept, hash, writtenAt: Date.now() };
    log.push(entry);
    if (this.#mistake !== 'forgets to trim') log.splice(0, log.length - member.logLength);
    return entry;
  }

  #acknowledge(member: BridgeMember, token: string): void {
    const name = this.#mistake === 'acknowledges without a name' ? '' : member.instanceId;
    this.#deliver(member, (listener) => listener.acknowledged(token, name));
  }

  #deliver({ namespace }: BridgeMember, deliver: (listener: LinkListener) => void): void {
    for (const { member, listener } of this.#links) {
      if (member.namespace === namespace || this.#mistake === 'mixes the namespaces') deliver(listener);
    }
  }

  #sync(member: BridgeMember, { position, epoch, noOp, remembered, wantsMembers }: SyncRequest): SyncReply {
    this.#leave(member);
    this.#members.set(member, Date.now());
    const isRemembering = this.#mistake !== 'keeps no settings that are remembered';
    for (const settings of isRemembering ? [member, ...remembered] : [member]) this.#addSettings(member, settings);
    const { members, settings } = this.#list(member);
    const log = this.#log(member);
    if (log.length === 0 && this.#mistake !== 'leaves an empty log empty') this.#write(member, noOp);
    const { id = '', hash = '' } = log.at(-1) ?? {};
    const run = `run ${this.#run}`;
    const isSame = (entry: Entry): boolean =>
      entry.id === position?.id && (entry.hash === position.hash || this.#mistake === 'trusts the id without the hash');
    const at = epoch === run ? log.findIndex(isSame) : -1;
    const after = at === -1 ? [] : log.slice(at + 1);
    const entries = this.#mistake === 'sends the whole backlog at once' ? after : after.slice(0, CHUNK);
    return {
      epoch: run,
      newest: { id, hash },
      continuous: at !== -1,
      entries: entries.map((entry) => ({ id: entry.id, payload: entry.payload, age: this.#ageOf(entry) })),
      complete: entries.length === after.length,
      settings,
      vanished: at === -1 && this.#mistake === 'takes what was trimmed for lost' && epoch === run ? ['log'] : [],
      members: wantsMembers && this.#mistake !== 'tells members only to publishers' ? members : [],
    };
  }

  #exercise(member: BridgeMember): void {
    if (this.#mistake === 'tells everybody when it is exercised') this.#append(member, 'exercise');
  }

  #ageOf({ writtenAt }: Entry): number {
    return this.#mistake === 'gives entries no age' ? 0 : Date.now() - writtenAt;
  }

  #addSettings({ namespace }: BridgeMember, { maxStaleness, whenDisconnected, exceptions }: MemberSettings): void {
    const settings = { maxStaleness, whenDisconnected, exceptions };
    this.#settings.set(JSON.stringify([namespace, String(maxStaleness), settings]), { namespace, settings });
  }

  #list({ namespace }: BridgeMember): Omit<MembersReply, 'id'> {
    const listed = [...this.#members].map(([member, syncedAt]) => ({ member, syncAge: Date.now() - syncedAt }));
    const known = [...this.#settings.values()].filter((each) => each.namespace === namespace);
    return {
      members: listed.filter(({ member }) => member.namespace === namespace),
      settings: this.#mistake === 'tells no settings' ? [] : known.map(({ settings }) => settings),
      listAge: this.#mistake === 'takes the list for complete at once' ? Infinity : Date.now() - this.#startedAt,
    };
  }

  #leave({ namespace, instanceId }: BridgeMember): void {
    if (this.#mistake === 'keeps members that have left') return;
    for (const member of this.#members.keys())
      if (member.namespace === namespace && member.instanceId === instanceId) this.#members.delete(member);
  }
}

/** What a case of the contract needs of it. */
export async function minimalHarness(mistake?: Mistake): Promise<BridgeHarness> {
  const bridge = new MinimalBridge(mistake);
  return {
    bridge,
    restart: async () => bridge.restart(),
    wipe: async (namespace) => bridge.wipe(namespace),
    close: async () => {},
  };
}
