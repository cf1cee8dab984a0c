import { describe, expect, it } from 'vitest';
import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import { CacheEvict } from '../../libs/distributed-cache/src/decorators/cache-evict.decorator.js';
import { CachePut } from '../../libs/distributed-cache/src/decorators/cache-put.decorator.js';
import { Cacheable } from '../../libs/distributed-cache/src/decorators/cacheable.decorator.js';
import { Caching } from '../../libs/distributed-cache/src/decorators/caching.decorator.js';
import { withTestCache } from '../../libs/distributed-cache/src/testing/test-cache.js';
import { holds, outcomeOf, rows, type Scenario } from './scenario.js';

class Books {
  calls = 0;

  @Cacheable({ region: 'books', key: (isbn: string) => isbn })
  async find(isbn: string): Promise<string | null | undefined> {
    this.calls += 1;
    if (isbn === 'none') return undefined;
    return isbn === 'null' ? null : `${isbn}/${this.calls}`;
  }

  @Cacheable({ region: 'conditional', key: (name: string) => name, condition: (name) => name.length < 5 })
  async findShort(_name: string): Promise<number> {
    return (this.calls += 1);
  }

  @Cacheable({ region: 'unless', key: (isbn: string) => isbn, unless: (book) => book.startsWith('draft') })
  async findPublished(isbn: string): Promise<string> {
    this.calls += 1;
    return isbn;
  }

  @Cacheable({ region: 'failing', key: (isbn: string) => isbn })
  async fail(_isbn: string): Promise<string> {
    this.calls += 1;
    throw new RangeError('no such book');
  }

  @CachePut({ region: 'books', key: (isbn: string) => isbn })
  async update(_isbn: string): Promise<string> {
    return `updated/${(this.calls += 1)}`;
  }

  @CachePut({ region: 'books', keyFromResult: (book) => book, unless: (book) => book === 'draft' })
  async save(isbn: string): Promise<string> {
    return isbn;
  }

  @CacheEvict({ region: 'books', key: (isbn: string) => isbn })
  async remove(isbn: string): Promise<void> {
    if (isbn === 'locked') throw new RangeError('locked');
  }

  @CacheEvict({ region: 'books', key: (isbn: string) => isbn, beforeInvocation: true })
  async removeFirst(_isbn: string): Promise<void> {
    throw new RangeError('locked');
  }

  @CacheEvict({ region: 'books', all: true })
  async reload(): Promise<void> {}

  @Caching({
    evict: [
      { region: 'books', key: (isbn: string) => isbn },
      { region: 'unless', all: true },
    ],
  })
  async retire(_isbn: string): Promise<void> {}
}

/** A row about the books: what `when` sees of them. */
function about(
  scenario: string,
  when: (books: Books, cache: DistributedCache) => Promise<unknown>,
  expected: unknown,
  differs?: string,
): Scenario {
  return {
    scenario,
    when: (cache) => when(withTestCache(new Books(), cache), cache),
    expected,
    ...(differs === undefined ? {} : { differs }),
  };
}

/** What Spring's cache abstraction promises, and its tests check. Described in our own words; no code is taken from there. */
const SCENARIOS: readonly Scenario[] = [
  about(
    'the second call with the same arguments does not run the method',
    async (books) => [await books.find('1'), await books.find('1'), books.calls],
    ['1/1', '1/1', 1],
  ),
  about('calls with other arguments run the method', async (books) => [await books.find('1'), await books.find('2')], [
    '1/1',
    '2/2',
  ]),
  about(
    'sync: concurrent calls of one key run the method once',
    async (books) => [...(await Promise.all([books.find('1'), books.find('1')])), books.calls],
    ['1/1', '1/1', 1],
  ),
  about('null is cached', async (books) => [await books.find('null'), await books.find('null'), books.calls], [
    null,
    null,
    1,
  ]),
  about(
    'an empty Optional is cached as null is',
    async (books) => [await books.find('none'), await books.find('none'), books.calls],
    [undefined, undefined, 2],
    'undefined means nothing, and is stored with cacheUndefined alone',
  ),
  about(
    'a call whose condition does not hold runs the method and touches no cache',
    async (books) => [await books.findShort('a long name'), await books.findShort('a long name')],
    [1, 2],
  ),
  about(
    'a call whose condition holds is cached',
    async (books) => [await books.findShort('abc'), await books.findShort('abc')],
    [1, 1],
  ),
  about(
    'a result that unless turns down is returned and not stored',
    async (books, cache) => [await books.findPublished('draft 1'), cache.region('unless').getSync('draft 1')],
    ['draft 1', undefined],
  ),
  about(
    'a result that unless lets pass is stored',
    async (books, cache) => [await books.findPublished('1'), cache.region('unless').getSync('1')],
    ['1', '1'],
  ),
  about(
    'an exception reaches the caller as it is, and is not cached',
    async (books) => [await outcomeOf(books.fail('1')), await outcomeOf(books.fail('1')), books.calls],
    ['RangeError', 'RangeError', 2],
  ),
  about(
    'a put always runs the method, and the next read finds its result',
    async (books) => [await books.update('1'), await books.update('1'), await books.find('1')],
    ['updated/1', 'updated/2', 'updated/2'],
  ),
  about(
    'the key of a put may be made of the result',
    async (books, cache) => [await books.save('7'), cache.region('books').getSync('7')],
    ['7', '7'],
  ),
  about(
    'a put whose result unless turns down leaves the cache as it is',
    async (books, cache) => {
      await cache.region('books').set('draft', 'old');
      await books.save('draft');
      return cache.region('books').getSync('draft');
    },
    undefined,
    'the method has changed something, so the old value may be untrue and is evicted',
  ),
  about(
    'an eviction follows a method that has succeeded',
    async (books) => [await books.find('1'), await books.remove('1'), await books.find('1')],
    ['1/1', undefined, '1/2'],
  ),
  about(
    'a method that fails evicts nothing',
    async (books) => [await books.find('locked'), await outcomeOf(books.remove('locked')), await books.find('locked')],
    ['locked/1', 'RangeError', 'locked/1'],
  ),
  about(
    'with beforeInvocation, a method that fails has evicted all the same',
    async (books) => [await books.find('1'), await outcomeOf(books.removeFirst('1')), await books.find('1')],
    ['1/1', 'RangeError', '1/2'],
  ),
  about(
    'allEntries clears the region, and no other',
    async (books, cache) => {
      await cache.region('books').set('1', 'x');
      await cache.region('unless').set('1', 'y');
      await books.reload();
      return [cache.region('books').getSync('1'), cache.region('unless').getSync('1')];
    },
    [undefined, 'y'],
  ),
  about(
    'several operations on one method all take effect',
    async (books, cache) => {
      await cache.region('books').set('1', 'x');
      await cache.region('books').set('2', 'x');
      await cache.region('unless').set('3', 'y');
      await books.retire('1');
      return ['books/1', 'books/2', 'unless/3'].map((each) => {
        const [region = '', key = ''] = each.split('/');
        return cache.region(region).getSync(key);
      });
    },
    [undefined, 'x', undefined],
  ),
];

describe('as in Spring,', () => {
  it.each(rows(SCENARIOS))('%s', async (_, scenario) => {
    expect.assertions(1);
    await holds(scenario);
  });
});
