import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';

const UNKNOWN_AUTHORITY =
  'its certificate is not signed by a trusted authority; pass the certificate of its authority as redis: { tls: { ca } }';
const NO_TLS = 'the server may not speak TLS on this port; check the port and ssl';
const CLOSED_BY_SERVER =
  'the server closed the connection; it may require TLS (rediss:// or ssl=true), or have reached its limit of clients (maxclients)';
const CREDENTIALS = 'check user and password in the connection string, or what credentials() returns';

interface KnownError {
  /** What the link does about an error answer of Redis. A network error has none: it ends the link, and Coherence dials again. */
  readonly remedy?: BridgeRefusal['remedy'];
  /** How to mend the error: appended to the message in parentheses. Left out when the error passes by itself. */
  readonly advice?: string;
}

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
    OOM: { remedy: 'retry' },
    BUSY: { remedy: 'retry' },
    // The slot is moving to another node, and its keys are on both nodes until all have moved. Then this node answers MOVED.
    ASK: { remedy: 'retry' },
    TRYAGAIN: { remedy: 'retry' },

    // Error answers of Redis: a setting has to be changed.
    WRONGPASS: { remedy: 'report', advice: CREDENTIALS },
    NOAUTH: { remedy: 'report', advice: CREDENTIALS },
    NOPERM: { remedy: 'report', advice: 'give the user the permissions that docs/message-format.md lists' },
    WRONGTYPE: {
      remedy: 'report',
      advice: 'something else uses the keys of this namespace; delete them, or choose another namespace',
    },

    // Errors of the network, of Node.js.
    ECONNREFUSED: { advice: 'nothing listens there; start Redis, or correct host and port' },
    ENOENT: { advice: 'there is no such socket; start Redis, or correct the path' },
    ENOTFOUND: { advice: 'the host name is unknown; correct it' },
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

/** What a server says to SELECT when it does not have the database. These answers have no code of their own. */
const NO_SUCH_DATABASE = /^ERR (?:SELECT is not allowed in cluster mode|DB index is out of range|invalid DB index)/;
const ADVICE_DATABASE =
  'this server does not have that database, and a Redis Cluster has database 0 only, except on Valkey 9 with cluster-databases; leave the number out (defaultDatabase, or the path of a URL), and use the option namespace to isolate applications';

/** The code is the first word. Before Redis 7, an error inside a script stands behind "ERR Error running script (…): … -". */
const CODE_OF_ANSWER = /^ERR Error running script.*?-([A-Z]+) |^([A-Z]+)\b/;

/**
 * The error that the bridge reports for an error of ioredis: a {@link BridgeRefusal} for an error answer of the server, and an `Error` for
 * anything else.
 *
 * The result never holds the original, not even as its cause: ioredis attaches the command, which may be `AUTH` with its password.
 *
 * @internal
 */
export function toLinkError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  // By name, not by class: the client of the application may come from another copy of ioredis.
  if (error.name !== 'ReplyError') return toNetworkError(error);
  const [, inScript, atStart] = CODE_OF_ANSWER.exec(error.message) ?? [];
  const code = inScript ?? atStart ?? '';
  const message = withoutArguments(error.message);
  return new BridgeRefusal(
    KNOWN_ERRORS.get(code)?.remedy ?? 'report',
    NO_SUCH_DATABASE.test(message) ? `${message} (${ADVICE_DATABASE})` : withAdvice(message, code),
  );
}

function toNetworkError(error: Error): Error {
  // When Node.js has tried every address of a host name, the message of the error that it throws is empty.
  const causes = error instanceof AggregateError ? error.errors.filter((each) => each instanceof Error) : [error];
  const message = causes.map((each) => each.message).join('; ') || error.name;
  return new Error(withAdvice(message, String(Reflect.get(error, 'code') ?? '')));
}

/** Redis repeats the arguments of a command that it does not know, and the command may be `AUTH`. */
function withoutArguments(message: string): string {
  return message.replace(/,? with args beginning with.*$/s, '');
}

function withAdvice(message: string, code: string): string {
  const advice = KNOWN_ERRORS.get(code)?.advice;
  return advice === undefined ? message : `${message} (${advice})`;
}
