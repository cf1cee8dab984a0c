import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { aclRule, sentinelAclRule } from './acl-rule.js';

describe('The rule of an instance', () => {
  it('names the keys and channels of its namespace, and of its prefix', () => {
    expect(aclRule()).toMatch(
      /^~\{distributed-cache\}:log ~\{distributed-cache\}:members &\{distributed-cache\}:invalidations /,
    );
    expect(aclRule({ namespace: 'shop', channelPrefix: 'eu:' })).toContain('~eu:{shop}:log ');
  });

  it('matches no other namespace, whatever characters the name has', () => {
    expect(aclRule({ namespace: String.raw`a*b?[c]\d` })).toContain(String.raw`~{a\*b\?\[c]\\d}:log `);
    expect(aclRule({ namespace: 'my shop' })).toContain('~{my?shop}:log ');
  });

  it('names no channels for a server that knows no rules for them', () => {
    expect(aclRule({ channels: false })).toBe(
      aclRule()
        .split(' ')
        .filter((rule) => !rule.startsWith('&'))
        .join(' '),
    );
  });

  it('allows SELECT and WAIT only to who needs them', () => {
    expect(aclRule()).not.toMatch(/select|wait/);
    expect(aclRule({ database: 2, minReplicas: 1 })).toMatch(/ \+select \+wait$/);
  });

  it('is what docs/message-format.md shows', () => {
    const page = readFileSync(new URL('../../../../docs/message-format.md', import.meta.url), 'utf8');
    expect(page).toContain(`ACL SETUSER instance on >… ${aclRule({ namespace: 'shop' })}\n`);
    expect(page).toContain(`ACL SETUSER instance on >… ${sentinelAclRule()}\n`);
  });
});
