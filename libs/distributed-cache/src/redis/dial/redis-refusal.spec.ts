import { describe, expect, it } from 'vitest';
import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { toLinkError } from './redis-refusal.js';

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

describe('toLinkError', () => {
  it.each([
    ["READONLY You can't write against a read only replica.", 'redial'],
    ['NOREPLICAS Not enough good replicas to write.', 'redial'],
    ['LOADING Redis is loading the dataset in memory', 'redial'],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'redial'],
    ["OOM command not allowed when used memory > 'maxmemory'. script: 4f0a, on @user_script:9.", 'retry'],
    ['BUSY Redis is busy running a script.', 'retry'],
    ['TRYAGAIN Multiple keys request during rehashing of slot', 'retry'],
    ['CLUSTERDOWN The cluster is down', 'retry'],
    ["NOPERM this user has no permissions to run the 'evalsha' command", 'report'],
    ['NOAUTH Authentication required.', 'report'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'report'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'report'],
    ['MOVED 3999 10.0.0.2:6379', 'redial'],
    ['ASK 3999 10.0.0.2:6379', 'retry'],
    ['ERR something new', 'report'],
    ['', 'report'],
  ] as const)('knows what to do about "%s": %s', (message, remedy) => {
    expect(refusal(message).remedy).toBe(remedy);
  });

  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'retry'],
    ["READONLY You can't write against a read only replica.", 'redial'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'report'],
  ] as const)('finds "%s" inside the answer of a Redis before 7, too', (message, remedy) => {
    const inScript = `ERR Error running script (call to f_4f0a): @user_script:9: @user_script: 9: -${message} `;
    expect(refusal(inScript).remedy).toBe(remedy);
  });

  it('does not pass on the arguments that Redis repeats of a command it does not know', () => {
    const message = "ERR unknown command 'auth', with args beginning with: 's3cr3t' 'other' ";
    expect(refusal(message).message).toBe("ERR unknown command 'auth'");
  });

  it('is not misled by a word within the message', () => {
    expect(refusal('ERR no such key as OOM or READONLY').remedy).toBe('report');
  });

  it('says how to mend what it knows', () => {
    expect(refusal('WRONGPASS invalid username-password pair').message).toMatch(
      /^WRONGPASS .* \(check user and password/,
    );
    expect(refusal('ERR something new').message).toBe('ERR something new');
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

  it.each([undefined, null, 'text', 0])('makes an error of %j', (thrown) => {
    expect(toLinkError(thrown)).toBeInstanceOf(Error);
  });

  it('always has something to say', () => {
    expect(toLinkError(new AggregateError([])).message).not.toBe('');
    expect(toLinkError(new Error('')).message).not.toBe('');
  });
});
