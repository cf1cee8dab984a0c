import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';

const UNKNOWN_AUTHORITY =
  'its certificate is not signed by a trusted authority; pass the certificate of its authority as redis: { tls: { ca } }';
const NO_TLS = 'the server may not speak TLS on this port; check the port and ssl';
const CLOSED_BY_SERVER = 'the server closed the connection';
/** Redis has been given none. */
const MISSING_CREDENTIALS =
  'name a password in the connection string, as in redis://:PASSWORD@host or host,password=PASSWORD, or let credentials() return one';
const CREDENTIALS = 'check user and password in the connection string, or what credentials() returns';
const UNREACHABLE = 'it cannot be reached from here; check the address, the network and the firewall';

interface KnownError {
  /** What the link does about an error answer of Redis. A network error has none: it ends the link, and Coherence dials again. */
  readonly remedy?: BridgeRefusal['remedy'];
  /** What it does instead about an error answer on a connection that the server had let in. Default: `remedy`. */
  readonly remedyOnceOpen?: BridgeRefusal['remedy'];
  /** How to mend the error: appended to the message in parentheses. Left out when the error passes by itself. */
  readonly advice?: string;
}

/** What is known where an error arises, and helps to mend it. @internal */
export interface ErrorContext {
  /** Who answers. Default: Redis. */
  readonly isSentinel?: boolean | undefined;
  /** The connection was let in before. Default: `false`. */
  readonly isOpen?: boolean | undefined;
  /** What the user must be allowed there, as `ACL SETUSER` takes it. */
  readonly aclRule?: string | undefined;
}

/** The other side ended the connection and gave no reason on it. @internal */
export class ConnectionClosedError extends Error {}

/**
 * What to do about an error, by its code: the first word of an error answer of Redis, or the `code` of an error of Node.js or OpenSSL.
 *
 * To add an error, add its row here and, in redis-errors.spec.ts, a row with the message as the server or Node.js writes it; the spec fails
 * while a row is missing on either side. Without a row here, an error answer is `'report'` and has no advice.
 *
 * @internal
 */
export const KNOWN_ERRORS: ReadonlyMap<string, KnownError> = new Map<string, KnownError>(
  Object.entries({
    // Error answers of Redis: this is not the server to talk to, or not yet. Another dial finds the right one.
    READONLY: { remedy: 'redial' },
    NOREPLICAS: { remedy: 'redial' },
    LOADING: { remedy: 'redial' },
    MASTERDOWN: { remedy: 'redial' },
    MOVED: { remedy: 'redial' },
    // The cluster is down, or the node was taken out of it and holds nothing any more. Only other nodes tell the two apart.
    CLUSTERDOWN: { remedy: 'redial' },

    // Error answers of Redis: the server cannot do it at the moment.
    OOM: {
      remedy: 'retry',
      advice: 'Redis is full: raise maxmemory, remove what else is in it, or choose a volatile-* policy',
    },
    MISCONF: {
      remedy: 'retry',
      advice: 'Redis cannot save to its disk: make room there; the log of the server says why it fails',
    },
    BUSY: { remedy: 'retry' },
    // The slot is moving to another node, and its keys are on both nodes until all have moved. Then this node answers MOVED.
    ASK: { remedy: 'retry' },
    TRYAGAIN: { remedy: 'retry' },

    // Error answers of Redis: a setting has to be changed.
    WRONGPASS: { remedy: 'report', advice: CREDENTIALS },
    // On an open connection, its credentials have expired, such as a token. Another dial asks for new ones.
    NOAUTH: { remedy: 'report', remedyOnceOpen: 'redial', advice: MISSING_CREDENTIALS },
    // The advice is in `permissionAdvice`.
    NOPERM: { remedy: 'report' },
    DENIED: {
      remedy: 'report',
      advice:
        'give the server a password and name it in the connection string, or set protected-mode no if only trusted machines reach it',
    },
    WRONGTYPE: {
      remedy: 'report',
      advice: 'something else uses the keys of this namespace; delete them, or choose another namespace',
    },

    // Errors of the network, of Node.js.
    ECONNREFUSED: { advice: 'nothing listens there; start Redis, or correct host and port' },
    ENOENT: { advice: 'there is no such socket; start Redis, or correct the path' },
    ENOTFOUND: { advice: 'the host name is unknown; correct it' },
    EAI_AGAIN: { advice: 'the name server does not answer; check the DNS settings of this machine' },
    ETIMEDOUT: { advice: UNREACHABLE },
    EHOSTUNREACH: { advice: UNREACHABLE },
    ENETUNREACH: { advice: UNREACHABLE },
    ECONNRESET: { advice: CLOSED_BY_SERVER },
    EPIPE: { advice: CLOSED_BY_SERVER },

    // Errors of a TLS handshake, of Node.js and OpenSSL.
    SELF_SIGNED_CERT_IN_CHAIN: { advice: UNKNOWN_AUTHORITY },
    DEPTH_ZERO_SELF_SIGNED_CERT: { advice: UNKNOWN_AUTHORITY },
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: { advice: UNKNOWN_AUTHORITY },
    UNABLE_TO_GET_ISSUER_CERT: { advice: UNKNOWN_AUTHORITY },
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { advice: UNKNOWN_AUTHORITY },
    CERT_SIGNATURE_FAILURE: { advice: UNKNOWN_AUTHORITY },
    ERR_TLS_CERT_ALTNAME_INVALID: { advice: 'set sslHost to the name that its certificate is for' },
    EPROTO: { advice: NO_TLS },
    ERR_SSL_WRONG_VERSION_NUMBER: { advice: NO_TLS },
    ERR_SSL_PACKET_LENGTH_TOO_LONG: { advice: NO_TLS },
  }),
);

/**
 * Error answers that begin with `ERR`, which says nothing: by their texts. Each has a row in redis-errors.spec.ts as well.
 *
 * @internal
 */
export const KNOWN_TEXTS: readonly (readonly [RegExp, KnownError])[] = [
  [
    /^ERR max number of clients reached/,
    { remedy: 'redial', advice: 'raise maxclients on the server, or close connections; each instance needs two' },
  ],
  [
    /^ERR unknown (?:sub)?command /i,
    {
      remedy: 'report',
      advice: 'no Redis of version 6 or later answers there, or a proxy, or the command was renamed',
    },
  ],
  [
    /^ERR (?:SELECT is not allowed in cluster mode|DB index is out of range|invalid DB index)/,
    {
      remedy: 'report',
      advice:
        'this server does not have that database, and a Redis Cluster has database 0 only, except on Valkey 9 with cluster-databases; leave the number out (defaultDatabase, or the path of a URL), and use the option namespace to isolate applications',
    },
  ],
  [
    /^ERR wrong number of arguments for (?:'auth'|AUTH)/,
    { remedy: 'report', advice: 'the server knows passwords and no users; leave the user out' },
  ],
  [/^ERR invalid password/, { remedy: 'report', advice: CREDENTIALS }],
];

/** The code is the first word. Before Redis 7, an error inside a script stands behind "ERR Error running script (…): … -". */
const CODE_OF_ANSWER = /^ERR Error running script.*?-([A-Z]+) |^([A-Z]+)\b/;

/** A command of a script was refused: the first text is that of Redis 7.0, the second that of later ones and of Valkey. */
const REFUSED_IN_SCRIPT = /^ERR (?:The user executing the script can't|ACL failure in script)/;

/** What ioredis says of its own state when the connection is gone. */
const CLOSED_TO_IOREDIS =
  /^(?:Connection is closed|Stream isn't writeable|Command aborted due to connection close|Reached the max retries per request)/;

/** What ioredis 6, and ioredis 5, say of an answer that cannot be read: with the number, or the text, of its first character. */
const NOT_READABLE = /^(?:Unknown RESP type (\d+) |Protocol error, got ("(?:[^"\\]|\\.)*") as reply type byte)/;

/**
 * The error that the bridge reports for an error of ioredis: a {@link BridgeRefusal} for an error answer of the server, and an `Error` for
 * anything else.
 *
 * The result never holds the original, not even as its cause: ioredis attaches the command, which may be `AUTH` with its password.
 *
 * @internal
 */
export function toLinkError(error: unknown, context: ErrorContext = {}): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  // By name, not by class: the client of the application may come from another copy of ioredis.
  if (error.name !== 'ReplyError') return toNetworkError(error);
  return refusalIn(error.message, context);
}

/** The refusal that an error answer of the server means. @internal */
export function refusalIn(answer: string, context: ErrorContext = {}): BridgeRefusal {
  const [, inScript, atStart] = CODE_OF_ANSWER.exec(answer) ?? [];
  const code = inScript ?? atStart ?? '';
  if (code === 'NOPERM' || REFUSED_IN_SCRIPT.test(answer)) {
    return new BridgeRefusal('report', advised(withoutPlace(answer), permissionAdvice(answer, context)));
  }
  const known = KNOWN_TEXTS.find(([text]) => text.test(answer))?.[1] ?? KNOWN_ERRORS.get(code);
  const advice = (context.isSentinel && adviceAboutSentinel(answer, code)) || known?.advice;
  const remedy = (context.isOpen && known?.remedyOnceOpen) || known?.remedy;
  return new BridgeRefusal(remedy ?? 'report', advised(inShort(answer), advice));
}

/** @param context - of an instance that lacks a permission */
function permissionAdvice(answer: string, { isSentinel = false, aclRule }: ErrorContext): string {
  const name = isSentinel ? 'sentinelAclRule()' : 'aclRule()';
  const rules = aclRule === undefined ? '' : `: ${aclRule}`;
  // Only later servers say which command it was.
  const which = answer.includes("can't run this command") ? '; ACL LOG on the server names the command' : '';
  return `allow the user what ${name} of nestjs-distributed-cache/redis says${rules}${which}`;
}

function adviceAboutSentinel(answer: string, code: string): string | undefined {
  if (code === 'WRONGPASS' || code === 'NOAUTH' || answer.startsWith('ERR invalid password')) {
    return 'check sentinelUser and sentinelPassword; without them the user and password of the server are tried';
  }
  return /^ERR unknown command/i.test(answer)
    ? 'no sentinel listens there, perhaps a Redis; sentinels listen on port 26379 as a rule, and a string that names a Redis has no serviceName'
    : undefined;
}

function toNetworkError(error: Error): Error {
  const [, number, text] = NOT_READABLE.exec(error.message) ?? [];
  if (number !== undefined || text !== undefined) return new Error(notRedis(number, text));
  if (CLOSED_TO_IOREDIS.test(error.message)) return new ConnectionClosedError(CLOSED_BY_SERVER);
  // When Node.js has tried every address of a host name, the message of the error that it throws is empty.
  const causes = error instanceof AggregateError ? error.errors.filter((each) => each instanceof Error) : [error];
  const message = causes.map((each) => each.message).join('; ') || error.name;
  const advice = KNOWN_ERRORS.get(String(Reflect.get(error, 'code') ?? ''))?.advice;
  return advice === CLOSED_BY_SERVER
    ? new ConnectionClosedError(advised(message, advice))
    : new Error(advised(message, advice));
}

/** @param number - of the first character of the answer, or its text, as JSON */
function notRedis(number: string | undefined, text = '""'): string {
  const first = number === undefined ? String(JSON.parse(text)) : String.fromCodePoint(Number(number));
  if (first === '\u0015') return 'the server there speaks TLS (use rediss://, or ssl=true)';
  const who = first === 'H' ? ', perhaps a web server' : '';
  return `no Redis answers there${who}: its answer begins with ${JSON.stringify(first)} (check host and port)`;
}

/** Without the digest and the line of the script, which say nothing to who reads it. */
function withoutPlace(answer: string): string {
  return answer.replace(/ script: (?:[\da-f]+, )?on @user_script:\d+\.?\s*$/, '');
}

function inShort(answer: string): string {
  // Redis adds ten lines of advice, some of which open the server to everybody.
  if (answer.startsWith('DENIED ')) return answer.replace(/ because .*$/s, '');
  // Redis repeats the arguments of a command that it does not know, and the command may be `AUTH`.
  return answer.replace(/,? with args beginning with.*$/s, '');
}

function advised(message: string, advice: string | undefined): string {
  return advice === undefined ? message : `${message} (${advice})`;
}
