import { describe, expect, it } from 'vitest';
import { redisNames } from './redis-names.js';

describe('redisNames', () => {
  it('begins every name with the namespace in braces, so that they share a slot of a Redis Cluster', () => {
    expect(redisNames('', 'shop')).toEqual({
      log: '{shop}:log',
      members: '{shop}:members',
      channel: '{shop}:invalidations',
      acks: '{shop}:acks',
      questions: '{shop}:questions',
    });
  });

  it('puts channelPrefix before the brace', () => {
    expect(Object.values(redisNames('live:', 'shop')).every((name) => name.startsWith('live:{shop}:'))).toBe(true);
  });
});
