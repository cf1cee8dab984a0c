import { describe, expect, it } from 'vitest';
import { InvalidConnectionStringError } from '../../errors.js';
import { parseRedisConnectionString } from './connection-string.js';

describe('what is not a connection string alone', () => {
  it.each([
    ['"redis://:s3cret@h:6379"', /quotation mark; remove the quotation marks/],
    ["'redis://:s3cret@h:6379'", /quotation mark/],
    ['"h:6380,password=s3cret,ssl=True"', /quotation mark/],
    ['“redis://:s3cret@h”', /quotation mark/],
    ['""', /quotation mark/],
    ['REDIS_URL=redis://:s3cret@h', /name of a setting; write only what stands behind the first '='/],
    ['export REDIS_URL="redis://:s3cret@h"', /name of a setting/],
    ['RedisConnectionString=h:6380,password=s3cret', /name of a setting/],
    ['ConnectionStrings__Redis = h,password=s3cret', /name of a setting/],
    ['redis-cli -u redis://:s3cret@h:6379', /command line; write only the URL/],
    ['redis-cli --tls -u redis://:s3cret@h:6379', /command line/],
  ])('is refused, and it is named what stands around it: %s', (text, message) => {
    expect(() => parseRedisConnectionString(text)).toThrow(InvalidConnectionStringError);
    expect(() => parseRedisConnectionString(text)).toThrow(message);
    expect(() => parseRedisConnectionString(text)).not.toThrow(/s3cret/);
  });

  it.each([
    'redis.example:6379',
    'redis,password=redis=x',
    'password=url=redis,redis',
    'h,password="p"',
    'h,name=redis=',
  ])('is not confused with a string that only looks similar: %s', (text) => {
    expect(() => parseRedisConnectionString(text)).not.toThrow();
  });
});
