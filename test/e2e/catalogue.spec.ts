import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { type SampleApplication, startSample } from '../support/instances/sample-application.js';
import { type CacheStatus, type Product, type ProductPage, request } from '../support/instances/sample-client.js';
import { usingRedis } from '../support/redis/using-redis.js';

const redis = usingRedis();
let sample: SampleApplication;

beforeAll(async () => {
  sample = await startSample({ redisConnectionString: redis.connectionString });
  return () => sample.stop();
});

/**
 * The same question put to each instance itself. Something else is asked first: an instance that was held up finds that request and the
 * doorbell in one turn of its event loop, in either order; before the next turn, which brings the question, it has heard both.
 */
function ask<Body>(path: string) {
  return Promise.all(
    sample.instances.map(async (instance) => {
      await request('GET', `${instance}/cache/status`);
      return request<Body>('GET', `${instance}${path}`);
    }),
  );
}

/** How many products each instance says the category has. */
async function totals(category: string): Promise<number[]> {
  return (await ask<ProductPage>(`/products?category=${category}`)).map(({ body }) => body.total);
}

describe('the front door', () => {
  it('passes requests to the instances in turn', async () => {
    const answers: (string | null)[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      answers.push((await request('GET', `${sample.frontDoor}/products/1`)).instance);
    }
    const ports = sample.ports.slice(1).map(String);
    expect(new Set(answers)).toEqual(new Set(ports));
    expect(answers.slice(0, 3)).toEqual(answers.slice(3));
  });
});

describe('a cached read of the sample', () => {
  it('reports HIT or MISS for that very request in X-Cache', async () => {
    expect((await ask('/products/10')).map(({ cache }) => cache)).toEqual(['MISS', 'MISS', 'MISS']);
    expect((await ask('/products/10')).map(({ cache }) => cache)).toEqual(['HIT', 'HIT', 'HIT']);
    expect((await ask('/products/11')).map(({ cache }) => cache)).toEqual(['MISS', 'MISS', 'MISS']);
  });

  it.each(['/products?category=books&page=2', '/products', '/categories', '/products/888888'])(
    'covers %s',
    async (path) => {
      const [instance] = sample.instances;
      expect((await request('GET', `${instance}${path}`)).cache).toBe('MISS');
      expect((await request('GET', `${instance}${path}`)).cache).toBe('HIT');
    },
  );

  it('of a list has a validator, which every instance knows until a product changes', async () => {
    const list = `${sample.instances[0]}/products?category=toys`;
    const etag = (await fetch(list)).headers.get('etag') ?? '';
    const asked = async (): Promise<number> => {
      const response = await fetch(list, { headers: { 'If-None-Match': etag } });
      await response.body?.cancel();
      return response.status;
    };
    expect(await asked()).toBe(304);
    const { body } = await request<ProductPage>('GET', list);
    const [first] = body.items;
    await request('PUT', `${sample.instances[1]}/products/${first?.id}`, { price: 7.77 });
    await eventually(async () => expect(await asked()).toBe(200));
  });

  it('is a MISS on every instance once the cache has been cleared', async () => {
    await ask('/products/12');
    expect((await request('POST', `${sample.frontDoor}/cache/clear`)).code).toBe(204);
    expect((await ask('/products/12')).map(({ cache }) => cache)).toEqual(['MISS', 'MISS', 'MISS']);
  });
});

describe('a change in the sample', () => {
  // The instance that made a change answers with it at once; an eviction is on its way to the others for about a round trip.
  it('is in the answers of every instance', async () => {
    for (let price = 1; price <= 25; price += 1) {
      await ask('/products/20');
      const changed = await request<Product>('PUT', `${sample.frontDoor}/products/20`, { price });
      expect(changed.body.price).toBe(price);
      await eventually(async () => {
        expect((await ask<Product>('/products/20')).map(({ body }) => body.price)).toEqual([price, price, price]);
      });
    }
  });

  it('leaves fields unchanged that it does not name', async () => {
    const before = await request<Product>('GET', `${sample.frontDoor}/products/21`);
    const after = await request<Product>('PUT', `${sample.frontDoor}/products/21`, { stock: 7 });
    expect(after.body).toEqual({ ...before.body, stock: 7 });
  });

  it('of a category is in the lists of both categories, on every instance', async () => {
    const [books = 0] = await totals('books');
    const [toys = 0] = await totals('toys');
    const { body } = await request<ProductPage>('GET', `${sample.frontDoor}/products?category=books`);

    await request('PUT', `${sample.frontDoor}/products/${body.items[0]?.id}`, { category: 'toys' });

    await eventually(async () => {
      expect(await totals('books')).toEqual([books - 1, books - 1, books - 1]);
      expect(await totals('toys')).toEqual([toys + 1, toys + 1, toys + 1]);
    });
  });

  it('that creates a product replaces the cached 404 of its id on every instance', async () => {
    const newest = await request<Product>('POST', `${sample.frontDoor}/products`, {
      name: 'Kite One',
      category: 'kites',
      price: 5,
    });
    const nextId = newest.body.id + 1;
    expect((await ask(`/products/${nextId}`)).map(({ code }) => code)).toEqual([404, 404, 404]);

    const created = await request<Product>('POST', `${sample.frontDoor}/products`, {
      name: 'Kite Two',
      category: 'kites',
      price: 6,
    });

    expect(created).toMatchObject({ code: 201, body: { id: nextId, name: 'Kite Two', description: '', stock: 0 } });
    await eventually(async () => {
      const names = (await ask<Product>(`/products/${nextId}`)).map(({ body }) => body.name);
      expect(names).toEqual(Array(3).fill('Kite Two'));
      expect(await totals('kites')).toEqual([2, 2, 2]);
    });
  });

  it('succeeds when 300 are made at the same time through all instances', async () => {
    const changes = Array.from({ length: 300 }, (_, index) =>
      request('PUT', `${sample.frontDoor}/products/${50 + (index % 10)}`, { price: index }),
    );
    const codes = (await Promise.all(changes)).map(({ code }) => code);
    expect(new Set(codes)).toEqual(new Set([200]));
    await eventually(async () => {
      const [first, ...others] = await ask<Product>('/products/50');
      expect(others.map(({ body }) => body)).toEqual([first?.body, first?.body]);
    });
  });

  it('that deletes a product gives 404 on every instance', async () => {
    await ask('/products/22');
    expect((await request('DELETE', `${sample.frontDoor}/products/22`)).code).toBe(204);
    await eventually(async () => expect((await ask('/products/22')).map(({ code }) => code)).toEqual([404, 404, 404]));
  });
});

describe('the sample', () => {
  it.each([
    ['POST', '/products', { category: 'books', price: 1 }, 'name'],
    ['POST', '/products', { name: 'A', category: '', price: 1 }, 'category'],
    ['POST', '/products', { name: 'A', category: 'books' }, 'price'],
    ['PUT', '/products/30', { price: 'cheap' }, 'price'],
    ['PUT', '/products/30', { price: -1 }, 'price'],
    ['PUT', '/products/30', { stock: 1.5 }, 'stock'],
    ['PUT', '/products/30', { name: null }, 'name'],
    ['GET', '/products?page=0', undefined, 'page'],
    ['GET', '/products?page=one', undefined, 'page'],
  ])('answers %s %s with the body %j by a 400 that names %s', async (method, path, body, field) => {
    const answer = await request<{ message: string[] }>(method, `${sample.frontDoor}${path}`, body);
    expect(answer.code).toBe(400);
    expect(answer.body.message.every((line) => line.includes(field))).toBe(true);
    expect(answer.instance).not.toBeNull();
  });

  it.each([
    ['GET', '/products/999999', undefined],
    ['GET', '/products/none', undefined],
    ['PUT', '/products/999999', { price: 1 }],
    ['DELETE', '/products/999999', undefined],
  ])('answers %s %s by a 404', async (method, path, body) => {
    expect((await request(method, `${sample.frontDoor}${path}`, body)).code).toBe(404);
  });
});

describe('GET /cache/status', () => {
  it('gives the state and the statistics of the instance that answers', async () => {
    await ask('/products/40');
    const answers = await ask<CacheStatus>('/cache/status');
    expect(answers.map(({ body }) => body.status.state)).toEqual(['coherent', 'coherent', 'coherent']);
    expect(new Set(answers.map(({ body }) => body.status.instanceId)).size).toBe(3);
    expect(answers.every(({ body }) => (body.stats.regions['products']?.loads ?? 0) > 0)).toBe(true);
  });
});
