import { StreamableFile } from '@nestjs/common';
import { Readable, PassThrough } from 'node:stream';
import { createInterface } from 'node:readline';
import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/common/deferred.js';
import { startedCache } from '../../../../test/support/instances/instances.js';
import { Cacheable } from '../decorators/cacheable.decorator.js';
import { CachePut } from '../decorators/cache-put.decorator.js';
import { InvalidOptionsError } from '../errors.js';
import type { Region } from './region.js';
import { withTestCache } from '../testing/test-cache.js';

function* numbers(): Generator<number, void> {
  yield 1;
}

async function* pages(): AsyncGenerator<number, void> {
  yield 1;
}

const READ_ONCE: readonly [string, () => unknown, RegExp][] = [
  ['a readable stream', () => Readable.from(['secret']), /a stream/],
  ['a stream that can be written and read', () => new PassThrough(), /a stream/],
  ['a StreamableFile', () => new StreamableFile(Buffer.from('secret')), /a StreamableFile/],
  ['a ReadableStream', () => new Blob(['secret']).stream(), /a web stream/],
  ['a WritableStream', () => new WritableStream(), /a web stream/],
  ['a TransformStream', () => new TransformStream(), /a web stream/],
  ['the Response of a fetch', () => new Response('secret'), /a Response or Request of fetch/],
  ['a Request', () => new Request('http://localhost', { method: 'POST', body: 'secret' }), /a Response or Request/],
  ['a generator', () => numbers(), /an iterator or generator/],
  ['an asynchronous generator', () => pages(), /an iterator or generator/],
  ['the iterator of a Map', () => new Map([[1, 2]]).entries(), /an iterator or generator/],
  ['lines of a file', () => createInterface({ input: Readable.from([]) }), /an asynchronous iterable/],
  ['an Observable', () => of('secret'), /an Observable/],
  ['an Observable of another library', () => ({ subscribe: () => {}, '@@observable': () => {} }), /an Observable/],
];

const VALUES: readonly [string, unknown][] = [
  ['a list', [1, 2]],
  ['a Map', new Map([[1, 2]])],
  ['a Buffer', Buffer.from('a')],
  ['a Blob', new Blob(['a'])],
  ['an object with a member named next', { next: 'page', [Symbol.iterator]: undefined }],
  ['an object with a member named pipe', { pipe: 'line', on: true }],
  [
    'an object that gives a reader of its own',
    { getReader: (): string => 'reader', getStream: (): string => 'stream' },
  ],
  ['a list that holds a stream', [Readable.from([])]],
  [
    'an object whose members throw',
    new Proxy(
      {},
      {
        get: (_, name) => {
          if (name === 'then') return undefined;
          throw new Error('unknown member');
        },
      },
    ),
  ],
];

describe('What can be read only once, or is no value,', () => {
  it.each(READ_ONCE)('is refused when it would be stored: %s', async (_what, make, kind) => {
    const region = startedCache().region('files');
    for (const refused of [
      region.getOrLoad('1', make),
      region.set('1', make()),
      region.update('1', make),
      region.getOrLoadMany(['1'], () => new Map([['1', make()]])),
    ]) {
      await expect(refused).rejects.toThrow(InvalidOptionsError);
      await expect(refused).rejects.toThrow(kind);
      await expect(refused).rejects.toThrow(/^Region 'files': .*unless or context\.skip\(\)/s);
      await expect(refused).rejects.not.toThrow(/secret/);
    }
    expect(region.getSync('1')).toBeUndefined();
  });

  it.each(READ_ONCE)('is refused by cache-manager as well: %s', async (_what, make, kind) => {
    const { cacheManager } = startedCache();
    await expect(cacheManager.set('1', make())).rejects.toThrow(kind);
    await expect(cacheManager.wrap('1', make)).rejects.toThrow(kind);
  });

  it('is refused in a decorated method with an error that names Class.method, for its concurrent callers too', async () => {
    const opened = deferred<Readable>();
    class Files {
      @Cacheable({ key: (id) => id })
      download(_id: string): Promise<Readable> {
        return opened.promise;
      }
      @CachePut({ region: 'files', key: (id) => id })
      async upload(_id: string): Promise<Readable> {
        return Readable.from([]);
      }
    }
    const files = withTestCache(new Files());
    const callers = [files.download('1'), files.download('1')];
    opened.resolve(Readable.from([]));
    for (const caller of callers) await expect(caller).rejects.toThrow(/^Files\.download: the result is a stream/);
    await expect(files.upload('1')).rejects.toThrow(/^Files\.upload: the result is a stream/);
  });

  it('goes to each caller from a load of its own when it is not stored', async () => {
    const opened = deferred<void>();
    class Files {
      @Cacheable({ key: (id) => id, unless: () => true })
      async download(id: string): Promise<Readable> {
        await opened.promise;
        return Readable.from([id]);
      }
    }
    const files = withTestCache(new Files());
    const callers = [files.download('a'), files.download('a'), files.download('a')];
    opened.resolve();
    const streams = await Promise.all(callers);
    expect(new Set(streams).size).toBe(3);
    for (const stream of streams) expect(await stream.toArray()).toEqual(['a']);
  });

  it('is passed on when its computed time to live is over, and while the cache is switched off', async () => {
    const stream = Readable.from([]);
    const region = startedCache().region('files');
    expect(await region.getOrLoad('1', ({ setTtl }) => (setTtl(0), stream))).toBe(stream);
    expect(
      await startedCache({ enabled: false })
        .region('files')
        .getOrLoad('1', () => stream),
    ).toBe(stream);
  });
});

it.each(VALUES)('A value is not taken for one that can be read only once: %s', async (_what, value) => {
  const region = startedCache().region('values');
  expect(await region.getOrLoad('1', () => value)).toBe(value);
  expect(region.getSync('1')).toBe(value);
});

describe('An Error in the result of a loader of many', () => {
  const failure = new Error('product 2 is broken');
  const outcomeOf = (id: string): unknown => (id === '2' ? failure : id);

  it.each<[string, (region: Region, ids: string[]) => Promise<unknown>]>([
    [
      'a positional list',
      (region, ids) => region.getOrLoadMany(ids, (missing) => missing.map(outcomeOf), { idOf: 'position' }),
    ],
    [
      'a Map',
      (region, ids) => region.getOrLoadMany(ids, (missing) => new Map(missing.map((id) => [id, outcomeOf(id)]))),
    ],
  ])('is the failure of that id alone, and no value: %s', async (_what, read) => {
    const cache = startedCache();
    const region = cache.region('products');
    const many = read(region, ['1', '2', '3']);
    const joined = region.getOrLoad('2', () => expect.unreachable());
    await expect(many).rejects.toBe(failure);
    await expect(joined).rejects.toBe(failure);
    expect(['1', '2', '3'].map((id) => region.getSync(id))).toEqual(['1', undefined, '3']);
    expect(cache.stats().regions['products']).toMatchObject({ loadErrors: 1 });
  });
});
