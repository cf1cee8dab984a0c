import { describe, expect, it } from 'vitest';
import { parseRedisConnectionString } from '../connection-string/connection-string.js';
import { describeTarget } from './target.js';

describe('describeTarget', () => {
  it.each([
    ['localhost', 'redis://localhost:6379/0 (standalone, no TLS)'],
    ['redis://[::1]/2', 'redis://[::1]:6379/2 (standalone, no TLS)'],
    ['!/run/redis.sock', 'redis://!/run/redis.sock/0 (standalone, no TLS)'],
    ['a,b:7000,ssl=true', 'rediss://a:6380,b:7000/0 (cluster, TLS)'],
    ['redis+sentinel://a,b/main/3', 'redis+sentinel://a:26379,b:26379/main/3 (sentinel, no TLS)'],
    ['a,ssl=true,serviceName=main', 'rediss+sentinel://a:26379/main/0 (sentinel, TLS)'],
  ])('says where %s leads', (text, target) => {
    expect(describeTarget(parseRedisConnectionString(text))).toBe(target);
  });

  it.each(['rediss://:s3cret@h', 'rediss://s3cret@h', 'rediss://user:s3cret@h', 'h,ssl=true,password=s3cret'])(
    'masks the credentials of %s',
    (text) => {
      expect(describeTarget(parseRedisConnectionString(text))).toMatch(
        /^rediss:\/\/\*\*\*@h:6\d+\/0 \(standalone, TLS\)$/,
      );
    },
  );
});
