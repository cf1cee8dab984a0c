import { describe, expect, it } from 'vitest';
import { Lease } from './lease.js';

const S = 10_000;

describe('Lease', () => {
  it('allows an entry while t − max(loadedAt, syncedAt) ≤ S', () => {
    const lease = new Lease(S);
    lease.renew(1_000);
    expect(lease.mayServe(0, 1_000 + S, 'reload')).toBe(true);
    expect(lease.mayServe(0, 1_001 + S, 'reload')).toBe(false);
    expect(lease.mayServe(5_000, 5_000 + S, 'reload')).toBe(true);
    expect(lease.mayServe(5_000, 5_001 + S, 'reload')).toBe(false);
  });

  it("allows an entry in 'bypass' while t − syncedAt ≤ S, however young it is", () => {
    const lease = new Lease(S);
    lease.renew(1_000);
    expect(lease.mayServe(1_000 + S, 1_000 + S, 'bypass')).toBe(true);
    expect(lease.mayServe(1_001 + S, 1_001 + S, 'bypass')).toBe(false);
  });

  it("allows, before the first sync, entries that were loaded at most S ago, and none in 'bypass'", () => {
    const lease = new Lease(S);
    expect(lease.mayServe(0, S, 'reload')).toBe(true);
    expect(lease.mayServe(0, S + 1, 'reload')).toBe(false);
    expect(lease.mayServe(0, 0, 'bypass')).toBe(false);
  });

  it('is live for S after a sync was sent', () => {
    const lease = new Lease(S);
    expect(lease.isLive(0)).toBe(false);
    lease.renew(0);
    expect(lease.isLive(S)).toBe(true);
    expect(lease.isLive(S + 1)).toBe(false);
  });

  it('never moves back: a late answer to an earlier sync does not renew it', () => {
    const lease = new Lease(S);
    lease.renew(2_000);
    lease.renew(1_000);
    expect(lease.syncedAt).toBe(2_000);
  });

  it('that lapsed allows no entry that was loaded before, and those that are loaded after', () => {
    const lease = new Lease(S);
    lease.renew(1_000);
    lease.lapse(2_000);
    expect(lease.isLive(2_000)).toBe(false);
    expect(lease.mayServe(1_999, 2_000, 'reload')).toBe(false);
    expect(lease.mayServe(2_000, 2_000, 'reload')).toBe(true);
    expect(lease.mayServe(2_000, 2_000, 'bypass')).toBe(false);
  });

  it('that lapsed is not renewed by the answer to a sync that was sent before: it may be as old as the suspend', () => {
    const lease = new Lease(S);
    lease.lapse(2_000);
    lease.renew(1_999);
    expect(lease.isLive(2_000)).toBe(false);
    lease.renew(2_000);
    expect(lease.isLive(2_000)).toBe(true);
    expect(lease.mayServe(0, 2_000, 'reload')).toBe(true);
  });

  it('of Infinity allows every entry once synced', () => {
    const lease = new Lease(Infinity);
    expect(lease.mayServe(0, 1e12, 'reload')).toBe(true);
    lease.renew(0);
    expect(lease.mayServe(0, 1e12, 'bypass')).toBe(true);
  });

  it('never lapses in local mode', () => {
    const lease = new Lease(S);
    lease.neverLapse();
    expect(lease.isLive(1e12)).toBe(true);
    expect(lease.mayServe(0, 1e12, 'bypass')).toBe(true);
  });
});
