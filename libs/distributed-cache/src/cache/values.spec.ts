import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../errors.js';
import { instances, startedCache } from '../../../../test/support/instances/instances.js';
import type { ValuesPolicy } from './settings.js';
import { valueToServe, valueToStore } from './values.js';

interface Product {
  name: string;
  tags: string[];
}

const product = (): Product => ({ name: 'Chair', tags: ['wood'] });

async function loaded(values: ValuesPolicy): Promise<{ given: Product; caller: Product; reader: Product | undefined }> {
  const { a } = await instances(1).with({ values }).connected();
  const region = a.region<Product>('products');
  const given = product();
  const caller = await region.getOrLoad('42', () => given);
  return { given, caller, reader: region.getSync('42') };
}

describe("values: 'shared'", () => {
  it('hands out the stored reference, which the caller that loaded holds too', async () => {
    const { given, caller, reader } = await loaded('shared');
    expect(caller).toBe(given);
    expect(reader).toBe(given);
  });
});

describe("values: 'frozen'", () => {
  it('deep-freezes once on store and hands out the stored reference', async () => {
    const { given, caller, reader } = await loaded('frozen');
    expect(reader).toBe(given);
    expect(caller).toBe(given);
    expect(Object.isFrozen(given) && Object.isFrozen(given.tags)).toBe(true);
  });

  it('freezes cyclic and deep values and those with accessors, and leaves typed arrays as they are', () => {
    const cyclic: { self?: unknown; bytes: Uint8Array } = { bytes: new Uint8Array(1) };
    cyclic.self = cyclic;
    expect(Object.isFrozen(valueToStore(cyclic, 'frozen', 'r'))).toBe(true);
    expect(Object.isFrozen(cyclic.bytes)).toBe(false);

    let deep: object = {};
    const innermost = deep;
    for (let depth = 0; depth < 50_000; depth += 1) deep = { deep };
    valueToStore(deep, 'frozen', 'r');
    expect(Object.isFrozen(innermost)).toBe(true);

    let calls = 0;
    const accessor = {
      get costly() {
        return (calls += 1);
      },
    };
    valueToStore(accessor, 'frozen', 'r');
    expect(calls).toBe(0);
  });

  it.each([null, undefined, 0, '', 7n])('takes %s', (value) => {
    expect(valueToStore(value, 'frozen', 'r')).toBe(value);
  });
});

interface Beside {
  readonly file: Buffer;
  readonly again: Buffer | undefined;
  readonly vector: Float32Array;
  readonly views: readonly [Uint8Array, Uint16Array];
  readonly blob: Blob;
}

describe("values: 'cloned'", () => {
  it('gives a clone per read, and stores one of its own', async () => {
    const { a } = await instances(1).with({ values: 'cloned' }).connected();
    const region = a.region<Product>('products');
    const given = product();
    const caller = await region.getOrLoad('42', () => given);
    given.name = 'changed by the loader';
    caller.name = 'changed by the caller';
    const first = region.getSync('42');
    expect(first).toEqual(product());
    first?.tags.push('changed by a reader');
    expect(region.getSync('42')).toEqual(product());
  });

  it('gives every joined caller of a load its own clone', async () => {
    const { a } = await instances(1).with({ values: 'cloned' }).connected();
    const region = a.region<Product>('products');
    const [one, two] = await Promise.all([region.getOrLoad('42', product), region.getOrLoad('42', product)]);
    expect(one).toEqual(two);
    expect(one).not.toBe(two);
  });

  it('keeps Buffers, wherever they are in the value', async () => {
    const region = startedCache({ values: 'cloned' }).region('files');
    const file = Buffer.from('content');
    const values = [
      file,
      { file },
      [{ list: [file] }],
      new Map([['file', file]]),
      new Map([[file, 1]]),
      new Set([file]),
    ];
    for (const [index, value] of values.entries()) {
      expect(await region.getOrLoad(index, () => value)).toEqual(value);
      const served = region.getSync(index);
      expect(served).toEqual(value);
      expect(served).not.toBe(value);
    }
    expect(Buffer.isBuffer(region.getSync(0))).toBe(true);
  });

  it('keeps what else is beside a Buffer as structuredClone clones it, and gives it no bytes of others', async () => {
    const region = startedCache({ values: 'cloned' }).region<Beside>('files');
    const memory = new ArrayBuffer(8);
    const value = {
      file: Buffer.from('content'),
      again: undefined,
      vector: Float32Array.of(1, 2),
      views: [new Uint8Array(memory), new Uint16Array(memory)] as const,
      blob: new Blob(['text']),
    };
    await region.set('1', { ...value, again: value.file });
    const served = region.getSync('1');
    expect(served?.file).toEqual(value.file);
    expect(served?.again).toBe(served?.file);
    expect(served?.vector.buffer.byteLength).toBe(8);
    expect(served?.views[0].buffer).toBe(served?.views[1].buffer);
    expect(await served?.blob.text()).toBe('text');
  });

  it('looks for Buffers in the value as it is now, not as it was at an earlier put', async () => {
    const region = startedCache({ values: 'cloned' }).region<{ file?: Buffer }>('files');
    const value: { file?: Buffer } = {};
    await region.set('1', value);
    value.file = Buffer.from('content');
    await region.set('1', value);
    expect(Buffer.isBuffer(region.getSync('1')?.file)).toBe(true);
  });

  it('refuses a value that cannot be cloned, naming the region and what to do, never the value', () => {
    const secret = { password: 'hunter2', call(): void {} };
    const attempt = (): unknown => valueToServe(secret, 'cloned', 'products');
    expect(attempt).toThrow(InvalidOptionsError);
    expect(attempt).toThrow(/^Region 'products': .*values: 'frozen' or 'shared'/);
    expect(attempt).not.toThrow(/hunter2|call\(\)/);
  });
});
