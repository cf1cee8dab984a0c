import { describe, expect, it } from 'vitest';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { KNOWN_ERRORS, toLinkError } from './redis-errors.js';

/** Error answers as Redis writes them, with the remedy, and how the advice begins; `undefined`: there is none. */
const ANSWERS = [
  ["READONLY You can't write against a read only replica.", 'redial', undefined],
  ['NOREPLICAS Not enough good replicas to write.', 'redial', undefined],
  ['LOADING Redis is loading the dataset in memory', 'redial', undefined],
  ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'redial', undefined],
  ['MOVED 3999 10.0.0.2:6379', 'redial', undefined],
  ["OOM command not allowed when used memory > 'maxmemory'. script: 4f0a, on @user_script:9.", 'retry', undefined],
  ['BUSY Redis is busy running a script.', 'retry', undefined],
  ['CLUSTERDOWN The cluster is down', 'redial', undefined],
  ['ASK 3999 10.0.0.2:6379', 'retry', undefined],
  ['TRYAGAIN Multiple keys request during rehashing of slot', 'retry', undefined],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'report', 'check user and password'],
  ['NOAUTH Authentication required.', 'report', 'check user and password'],
  ["NOPERM this user has no permissions to run the 'evalsha' command", 'report', 'give the user the permissions'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'report', 'something else uses the keys'],
] as const;

/** Errors as Node.js and OpenSSL write them, with how the advice begins. */
const NETWORK_ERRORS = [
  ['ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.2:6379', 'nothing listens there'],
  ['ENOENT', 'connect ENOENT /run/redis.sock', 'there is no such socket'],
  ['ENOTFOUND', 'getaddrinfo ENOTFOUND shop.example', 'the host name is unknown'],
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

  it.each(ANSWERS)('makes of the answer "%s": %s, with the advice "%s"', (message, remedy, advice) => {
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

  it.each(['ERR SELECT is not allowed in cluster mode', 'ERR DB index is out of range', 'ERR invalid DB index'])(
    'says of "%s" to leave the database out, and reports it',
    (message) => {
      expect(refusal(message).remedy).toBe('report');
      expect(refusal(message).message).toMatch(/\(this server does not have that database.*leave the number out/);
    },
  );

  it('does not pass on the arguments that Redis repeats of a command it does not know', () => {
    const message = "ERR unknown command 'auth', with args beginning with: 's3cr3t' 'other' ";
    expect(refusal(message).message).toBe("ERR unknown command 'auth'");
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
