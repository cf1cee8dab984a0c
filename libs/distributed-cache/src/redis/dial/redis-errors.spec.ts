import { describe, expect, it } from 'vitest';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { ConnectionClosedError, KNOWN_ERRORS, KNOWN_TEXTS, toLinkError } from './redis-errors.js';

/** Error answers as Redis writes them, with the remedy, and how the advice begins; `undefined`: there is none. */
const ANSWERS = [
  ["READONLY You can't write against a read only replica.", 'redial', undefined],
  ['NOREPLICAS Not enough good replicas to write.', 'redial', undefined],
  ['LOADING Redis is loading the dataset in memory', 'redial', undefined],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'redial', undefined],
  ['MOVED 3999 10.0.0.2:6379', 'redial', undefined],
  [
    "OOM command not allowed when used memory > 'maxmemory'. script: 4f0a, on @user_script:9.",
    'retry',
    'Redis is full: raise',
  ],
  [
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    'retry',
    'Redis cannot save to its disk',
  ],
  ['BUSY Redis is busy running a script.', 'retry', undefined],
  ['CLUSTERDOWN The cluster is down', 'redial', undefined],
  ['ASK 3999 10.0.0.2:6379', 'retry', undefined],
  ['TRYAGAIN Multiple keys request during rehashing of slot', 'retry', undefined],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'report', 'check user and password'],
  ['NOAUTH Authentication required.', 'report', 'name a password in the connection string'],
  ["NOPERM this user has no permissions to run the 'evalsha' command", 'report', 'allow the user what aclRule()'],
  ['DENIED Redis is running in protected mode', 'report', 'give the server a password'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'report', 'something else uses the keys'],
] as const;

/** Error answers that begin with ERR, which tells nothing, in the same form. */
const TEXTS = [
  ['ERR max number of clients reached', 'redial', 'raise maxclients'],
  ["ERR unknown command 'pexpire'", 'report', 'no Redis of version 6'],
  ['ERR SELECT is not allowed in cluster mode', 'report', 'this server does not have that database'],
  ["ERR wrong number of arguments for 'auth' command", 'report', 'the server knows passwords and no users'],
  ['ERR invalid password', 'report', 'check user and password'],
] as const;

/** How servers refuse a command of a script, of which some do not say which: Redis 7.0, then Redis 8 and Valkey 8, then Valkey 9. */
const REFUSED_IN_SCRIPTS = [
  "ERR The user executing the script can't run this command or subcommand script: e3fdde15d7e0, on @user_script:1.",
  "ERR The user executing the script can't publish to the channel mentioned in the command script: 1a029c1bce45, on @user_script:1.",
  "ERR The user executing the script can't access at least one of the keys mentioned in the command arguments script: 05879a, on @user_script:1.",
  "ERR ACL failure in script: User shop has no permissions to run the 'xadd' command script: e3fdde15d7e0, on @user_script:1.",
  'ERR ACL failure in script: No permissions to access a channel script: 1a029c1bce45, on @user_script:1.',
  'ERR ACL failure in script: No permissions to access a key script: on @user_script:1.',
  'ERR ACL failure in script: No permissions to access a channel',
];

/** Errors as Node.js and OpenSSL write them, with how the advice begins. */
const NETWORK_ERRORS = [
  ['ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.2:6379', 'nothing listens there'],
  ['ENOENT', 'connect ENOENT /run/redis.sock', 'there is no such socket'],
  ['ENOTFOUND', 'getaddrinfo ENOTFOUND shop.example', 'the host name is unknown'],
  ['EAI_AGAIN', 'getaddrinfo EAI_AGAIN shop.example', 'the name server does not answer'],
  ['ETIMEDOUT', 'connect ETIMEDOUT', 'it cannot be reached from here'],
  ['EHOSTUNREACH', 'connect EHOSTUNREACH 10.0.0.2:6379', 'it cannot be reached from here'],
  ['ENETUNREACH', 'connect ENETUNREACH 10.0.0.2:6379', 'it cannot be reached from here'],
  ['ECONNRESET', 'read ECONNRESET', 'the server closed the connection'],
  ['EPIPE', 'write EPIPE', 'the server closed the connection'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain', 'its certificate is not signed'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', 'its certificate is not signed'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', 'its certificate is not signed'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'unable to get issuer certificate', 'its certificate is not signed'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unable to get local issuer certificate', 'its certificate is not signed'],
  ['CERT_SIGNATURE_FAILURE', 'certificate signature failure', 'its certificate is not signed'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames: a", 'set sslHost'],
  ['EPROTO', 'write EPROTO C0A1:error:0A000126:SSL routines', 'the server may not speak TLS'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'C0A1:error:0A00010B:SSL routines', 'the server may not speak TLS'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'C0A1:error:0A0000C6:SSL routines', 'the server may not speak TLS'],
] as const;

/** An error answer as ioredis gives it, with the command that it attaches. */
function answer(message: string): Error {
  const command = { name: 'auth', args: ['user', 's3cr3t'] };
  return Object.assign(new Error(message), { name: 'ReplyError', command });
}

function refusal(message: string): BridgeRefusal {
  const error = toLinkError(answer(message));
  if (!(error instanceof BridgeRefusal)) throw new Error(`not a refusal: ${error.message}`);
  return error;
}

describe('the table of known errors', () => {
  it('has a row in this spec for each of its codes, and no other', () => {
    const tested = [
      ...ANSWERS.map(([message]) => /^[A-Z]+/.exec(message)?.[0]),
      ...NETWORK_ERRORS.map(([code]) => code),
    ];
    expect(new Set(tested)).toEqual(new Set(KNOWN_ERRORS.keys()));
  });

  it.each(KNOWN_TEXTS)('has one row in this spec for the text %s', (text) => {
    expect(TEXTS.filter(([message]) => text.test(message))).toHaveLength(1);
  });

  it.each([...ANSWERS, ...TEXTS])('makes of the answer "%s": %s, with the advice "%s"', (message, remedy, advice) => {
    const error = refusal(message);
    expect(error.remedy).toBe(remedy);
    // The message of an answer may itself contain parentheses, so it is not split.
    const isExpected =
      advice === undefined ? error.message === message : error.message.startsWith(`${message} (${advice}`);
    expect(isExpected).toBe(true);
  });

  it.each(NETWORK_ERRORS)('makes of %s, "%s", no refusal, with the advice "%s"', (code, message, advice) => {
    const error = toLinkError(Object.assign(new Error(message), { code }));
    expect(error).not.toBeInstanceOf(BridgeRefusal);
    expect(error.message).toEqual(expect.stringContaining(`${message} (${advice}`));
  });
});

describe('toLinkError', () => {
  it.each(REFUSED_IN_SCRIPTS)('takes "%s" for a missing permission, and says what the user needs', (message) => {
    const error = toLinkError(answer(message), { aclRule: '~{shop}:log +xadd' });
    expect(error).toMatchObject({ remedy: 'report' });
    expect(error.message).toContain(
      '(allow the user what aclRule() of nestjs-distributed-cache/redis says: ~{shop}:log +xadd',
    );
    expect(error.message).not.toContain('user_script');
  });

  it('says where to find the command that Redis 7.0 does not name', () => {
    expect(refusal(REFUSED_IN_SCRIPTS[0] ?? '').message).toContain('ACL LOG on the server names the command');
    expect(refusal(REFUSED_IN_SCRIPTS[3] ?? '').message).not.toContain('ACL LOG');
  });

  it.each([
    ['WRONGPASS invalid username-password pair or user is disabled.', 'check sentinelUser and sentinelPassword'],
    ['NOAUTH Authentication required.', 'check sentinelUser and sentinelPassword'],
    ["ERR unknown command 'SENTINEL', with args beginning with: 'MASTER' ", 'no sentinel listens there'],
    ["NOPERM User shop has no permissions to run the 'sentinel|master' command", 'what sentinelAclRule() of'],
  ])('gives the advice about a sentinel for the answer "%s" of one', (message, advice) => {
    expect(toLinkError(answer(message), { isSentinel: true }).message).toContain(
      `(${advice.startsWith('what') ? 'allow the user ' : ''}${advice}`,
    );
  });

  it('leaves out the advice of a server in protected mode, some of which opens it to everybody', () => {
    const message =
      'DENIED Redis is running in protected mode because protected mode is enabled and no password is set. To solve this: 1) Just disable protected mode';
    expect(refusal(message).message).toMatch(/^DENIED Redis is running in protected mode \(give the server a password/);
  });

  it.each([
    'Connection is closed.',
    "Stream isn't writeable and enableOfflineQueue options is false",
    'Command aborted due to connection close',
    'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.',
  ])('says of "%s", an inner matter of ioredis, that the connection was closed', (message) => {
    const error = toLinkError(new Error(message));
    expect(error).toBeInstanceOf(ConnectionClosedError);
    expect(error.message).toBe('the server closed the connection');
  });

  it.each([
    [
      'Unknown RESP type 72 "H". Please report this.',
      'no Redis answers there, perhaps a web server: its answer begins with "H"',
    ],
    ['Protocol error, got "H" as reply type byte. Please report this.', 'no Redis answers there, perhaps a web server'],
    ['Unknown RESP type 83 "S". Please report this.', 'no Redis answers there: its answer begins with "S"'],
    ['Unknown RESP type 21 "\u0015". Please report this.', 'the server there speaks TLS (use rediss://, or ssl=true)'],
    ['Protocol error, got "\\u0015" as reply type byte. Please report this.', 'the server there speaks TLS'],
  ])('says of "%s" who may answer there', (message, said) => {
    expect(toLinkError(new Error(message)).message).toContain(said);
  });

  it.each(['ERR something new', ''])('reports the answer "%s", which is not in the table, as it is', (message) => {
    expect(refusal(message).remedy).toBe('report');
    expect(refusal(message).message).toBe(message);
  });

  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'retry'],
    ["READONLY You can't write against a read only replica.", 'redial'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'report'],
  ] as const)('finds "%s" inside the answer of a Redis before 7, too', (message, remedy) => {
    const inScript = `ERR Error running script (call to f_4f0a): @user_script:9: @user_script: 9: -${message} `;
    expect(refusal(inScript).remedy).toBe(remedy);
  });

  it.each(['ERR DB index is out of range', 'ERR invalid DB index'])(
    'takes "%s" for a database that is not there',
    (message) => {
      expect(refusal(message).remedy).toBe('report');
      expect(refusal(message).message).toMatch(/\(this server does not have that database.*leave the number out/);
    },
  );

  it('does not pass on the arguments that Redis repeats of a command it does not know', () => {
    const message = "ERR unknown command 'auth', with args beginning with: 's3cr3t' 'other' ";
    expect(refusal(message).message).toMatch(/^ERR unknown command 'auth' \([^']*$/);
  });

  it('takes NOAUTH on a connection that was let in for credentials that have expired: another dial asks for new ones', () => {
    const expired = toLinkError(answer('NOAUTH Authentication required.'), { isOpen: true });
    expect(expired).toMatchObject({ remedy: 'redial' });
    expect(toLinkError(answer('OOM command not allowed'), { isOpen: true })).toMatchObject({ remedy: 'retry' });
  });

  it('is not misled by a word within the message', () => {
    expect(refusal('ERR no such key as OOM or READONLY').remedy).toBe('report');
  });

  it.each(['constructor', 'toString', '__proto__'])('has no advice for an error with the code %s', (code) => {
    expect(toLinkError(Object.assign(new Error('broken'), { code })).message).toBe('broken');
  });

  it('keeps nothing of the command, which may be AUTH with its password', () => {
    const error = toLinkError(answer('WRONGPASS invalid username-password pair'));
    expect(Object.entries(error).flat()).not.toContain('command');
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('s3cr3t');
  });

  it('does not take an error of the network for an answer of the server', () => {
    const error = toLinkError(Object.assign(new Error('connect ECONNREFUSED 10.0.0.2:6379'), { code: 'ECONNREFUSED' }));
    expect(error).not.toBeInstanceOf(BridgeRefusal);
    expect(error.message).toMatch(/^connect ECONNREFUSED 10\.0\.0\.2:6379 \(nothing listens there/);
  });

  it('names every address that was tried, of an error that has no message of its own', () => {
    const tried = ['::1', '127.0.0.1'].map((address) => new Error(`connect ECONNREFUSED ${address}:6379`));
    const error = toLinkError(Object.assign(new AggregateError(tried), { code: 'ECONNREFUSED' }));
    expect(error.message).toContain('connect ECONNREFUSED ::1:6379; connect ECONNREFUSED 127.0.0.1:6379 (');
  });

  it.each([undefined, null, 'text', 0])('makes an error of the thrown value %j', (thrown) => {
    expect(toLinkError(thrown)).toBeInstanceOf(Error);
  });

  it('never gives an error with an empty message', () => {
    expect(toLinkError(new AggregateError([])).message).not.toBe('');
    expect(toLinkError(new Error('')).message).not.toBe('');
  });
});
