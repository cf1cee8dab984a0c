import { describe, expect, it } from 'vitest';
import { FirstSync } from './first-sync.js';

describe('FirstSync', () => {
  it('is settled once it has succeeded or failed', () => {
    const succeeded = new FirstSync();
    const failed = new FirstSync();
    expect(succeeded.isSettled).toBe(false);
    succeeded.succeeded();
    failed.failed(new Error('refused'));
    expect(succeeded.isSettled).toBe(true);
    expect(failed.isSettled).toBe(true);
  });

  it('resolves the promises that wait when it succeeds, and later ones at once', async () => {
    const firstSync = new FirstSync();
    const waiting = firstSync.wait(3);
    firstSync.failed(new Error('not yet'));
    firstSync.succeeded();
    await expect(waiting).resolves.toBeUndefined();
    await expect(firstSync.wait(1)).resolves.toBeUndefined();
  });

  it('rejects a promise with the last failure after as many failures as it allows', async () => {
    const firstSync = new FirstSync();
    firstSync.failed(new Error('before anybody waited'));
    const waiting = firstSync.wait(2);
    firstSync.failed(new Error('first'));
    firstSync.failed(new Error('second'));
    await expect(waiting).rejects.toThrow('second');
  });
});
