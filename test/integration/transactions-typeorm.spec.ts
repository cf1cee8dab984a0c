import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ClsPluginTransactional, Propagation, Transactional, TransactionHost } from '@nestjs-cls/transactional';
import { TransactionalAdapterTypeOrm } from '@nestjs-cls/transactional-adapter-typeorm';
import { ClsModule } from 'nestjs-cls';
import {
  Cacheable,
  CacheEvict,
  CachePut,
  DistributedCache,
  DistributedCacheModule,
  HoldEvictions,
  holdingEvictions,
} from 'nestjs-distributed-cache';
import { InMemoryInvalidationBridge } from 'nestjs-distributed-cache/testing';
import { DataSource, EntitySchema, type EntityManager, type EntitySubscriberInterface } from 'typeorm';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { failureOf } from '../support/common/failure-of.js';
import { startedCache } from '../support/instances/instances.js';
import { usingPostgres } from '../support/postgres/using-postgres.js';

interface Product {
  id: string;
  name: string;
}

const ProductEntity = new EntitySchema<Product>({
  name: 'product',
  columns: { id: { type: String, primary: true }, name: { type: String } },
});

const FAILURE = new Error('rolled back');

const postgres = usingPostgres();

let database: DataSource;

beforeAll(async () => {
  database = new DataSource({ type: 'postgres', url: postgres.url, entities: [ProductEntity], synchronize: true });
  await database.initialize();
  return () => database.destroy();
});

beforeEach(async () => {
  await database.manager.clear(ProductEntity);
  await database.manager.insert(ProductEntity, [
    { id: '1', name: 'old' },
    { id: '2', name: 'old' },
  ]);
});

/** The name as the database has it, for everybody. */
async function committed(id: string): Promise<string | undefined> {
  return (await database.manager.findOneBy(ProductEntity, { id }))?.name;
}

@Injectable()
class Products {
  /** Called while the transaction is open, after the eviction. */
  whileOpen: () => Promise<unknown> = async () => undefined;

  constructor(
    @Inject(TransactionHost) private readonly host: TransactionHost<TransactionalAdapterTypeOrm>,
    @Inject(DistributedCache) private readonly cache: DistributedCache,
  ) {}

  get manager(): EntityManager {
    return this.host.tx;
  }

  @Cacheable({ region: 'products', key: (id: string) => id })
  async find(id: string): Promise<string | undefined> {
    return (await this.manager.findOneBy(ProductEntity, { id }))?.name;
  }

  @CacheEvict({ region: 'products', key: (id: string) => id })
  async write(id: string, name: string): Promise<void> {
    await this.manager.update(ProductEntity, id, { name });
  }

  @CachePut({ region: 'products', key: (id: string) => id })
  async put(id: string, name: string): Promise<string> {
    await this.manager.update(ProductEntity, id, { name });
    return name;
  }

  @Transactional()
  async rename(id: string, name: string): Promise<void> {
    await this.write(id, name);
    await this.whileOpen();
  }

  @HoldEvictions()
  @Transactional()
  async renameHeld(id: string, name: string): Promise<void> {
    await this.write(id, name);
    await this.whileOpen();
  }

  async renameByHand(id: string, name: string): Promise<void> {
    await this.cache.holdEvictions(() =>
      database.transaction(async (manager) => {
        await manager.update(ProductEntity, id, { name });
        await this.cache.region('products').evict(id);
        await this.whileOpen();
      }),
    );
  }

  /** Whatever a test does inside of a transaction. */
  @HoldEvictions()
  @Transactional()
  async inTransaction<R>(work: () => Promise<R>): Promise<R> {
    return work();
  }

  @HoldEvictions()
  @Transactional(Propagation.Nested)
  async inSavepoint<R>(work: () => Promise<R>): Promise<R> {
    return work();
  }

  @Transactional()
  async inPlainTransaction<R>(work: () => Promise<R>): Promise<R> {
    return work();
  }

  @Transactional(Propagation.Nested)
  async inPlainSavepoint<R>(work: () => Promise<R>): Promise<R> {
    return work();
  }

  @Transactional(Propagation.RequiresNew)
  async inTransactionOfItsOwn<R>(work: () => Promise<R>): Promise<R> {
    return work();
  }
}

/** An application with the cache, and a peer that reads the same database. */
async function shop({ isHolding = false } = {}) {
  const bridge = new InMemoryInvalidationBridge();
  const plain = new TransactionalAdapterTypeOrm({ dataSourceToken: DataSource });

  @Module({ providers: [{ provide: DataSource, useFactory: () => database }], exports: [DataSource] })
  class DatabaseModule {}

  @Module({
    imports: [
      DistributedCacheModule.forRoot({ bridge }),
      ClsModule.forRoot({
        plugins: [
          new ClsPluginTransactional({
            imports: [DatabaseModule],
            adapter: isHolding ? holdingEvictions(plain) : plain,
          }),
        ],
      }),
    ],
    providers: [Products],
  })
  class AppModule {}

  const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
  await app.init();
  const peer = startedCache({ bridge });
  await peer.firstSync(1);
  onTestFinished(async () => {
    await app.close();
    await peer.close();
  });
  const products = app.get(Products);
  const region = app.get(DistributedCache).region('products');
  return {
    products,
    cached: (id: string) => region.getSync(id),
    peer: {
      read: (id: string) => peer.region('products').getOrLoad(id, () => committed(id)),
      cached: (id: string) => peer.region('products').getSync(id),
    },
  };
}

describe('While a transaction of TypeORM writes a row and evicts it, a peer that reads the row', () => {
  it('caches the old row for good when the eviction is not held', async () => {
    const { products, peer } = await shop();
    await peer.read('1');
    products.whileOpen = async () => {
      await eventually(() => expect(peer.cached('1')).toBeUndefined());
      await peer.read('1');
    };
    await products.rename('1', 'new');
    await expect(committed('1')).resolves.toBe('new');
    await expect(peer.read('1')).resolves.toBe('old');
  });

  it.each([
    ['by holdEvictions()', false, (products: Products) => products.renameByHand('1', 'new')],
    ['by @HoldEvictions() above @Transactional()', false, (products: Products) => products.renameHeld('1', 'new')],
    ['by holdingEvictions(adapter)', true, (products: Products) => products.rename('1', 'new')],
  ])('never does when the eviction is held %s', async (_, isHolding, rename) => {
    const { products, cached, peer } = await shop({ isHolding });
    await products.find('1');
    await peer.read('1');
    products.whileOpen = async () => {
      await expect(peer.read('1')).resolves.toBe('old');
      expect(peer.cached('1')).toBe('old');
    };
    await rename(products);
    await eventually(() => expect(peer.cached('1')).toBeUndefined());
    await expect(peer.read('1')).resolves.toBe('new');
    expect(cached('1')).toBeUndefined();
  });
});

describe('What a transaction of TypeORM wrote and rolled back', () => {
  it('is in the cache for everybody when nothing is held', async () => {
    const { products, cached } = await shop();
    await failureOf(
      products.inPlainTransaction(async () => {
        await products.write('1', 'never committed');
        await products.find('1');
        throw FAILURE;
      }),
    );
    expect([cached('1'), await committed('1')]).toEqual(['never committed', 'old']);
  });

  it.each([
    ['@HoldEvictions()', false],
    ['holdingEvictions(adapter)', true],
  ])('is never in the cache with %s', async (_, isHolding) => {
    const { products, cached, peer } = await shop({ isHolding });
    await peer.read('1');
    const transaction = <R>(work: () => Promise<R>): Promise<R> =>
      isHolding ? products.inPlainTransaction(work) : products.inTransaction(work);
    const failing = transaction(async () => {
      await products.write('1', 'never committed');
      await expect(products.find('1')).resolves.toBe('never committed');
      // Written, read, and evicted by nobody.
      await products.manager.update(ProductEntity, '2', { name: 'never committed' });
      await expect(products.find('2')).resolves.toBe('never committed');
      await products.put('1', 'never committed either');
      throw FAILURE;
    });
    await expect(failing).rejects.toBe(FAILURE);
    expect([cached('1'), cached('2')]).toEqual([undefined, undefined]);
    await expect(products.find('1')).resolves.toBe('old');
    // Nothing was evicted, since nothing has changed.
    expect(peer.cached('1')).toBe('old');
  });
});

describe('What a transaction of TypeORM puts', () => {
  it('is cached from the commit on, and its key is evicted in the peers', async () => {
    const { products, cached, peer } = await shop();
    await peer.read('1');
    await products.inTransaction(async () => {
      await products.put('1', 'new');
      expect(cached('1')).toBeUndefined();
      await expect(products.find('1')).resolves.toBe('new');
    });
    expect(cached('1')).toBe('new');
    await eventually(() => expect(peer.cached('1')).toBeUndefined());
  });
});

describe('A transaction that goes back to a savepoint and is committed', () => {
  it.each([
    ['@HoldEvictions()', false],
    ['holdingEvictions(adapter)', true],
  ])('caches nothing of what it took back, with %s', async (_, isHolding) => {
    const { products, cached, peer } = await shop({ isHolding });
    for (const id of ['1', '2']) await peer.read(id);
    const outer = <R>(work: () => Promise<R>): Promise<R> =>
      isHolding ? products.inPlainTransaction(work) : products.inTransaction(work);
    const inner = <R>(work: () => Promise<R>): Promise<R> =>
      isHolding ? products.inPlainSavepoint(work) : products.inSavepoint(work);
    await outer(async () => {
      await products.put('1', 'outer');
      await failureOf(
        inner(async () => {
          await products.put('2', 'taken back');
          throw FAILURE;
        }),
      );
      // Not published when a savepoint is released, either.
      await inner(() => products.write('1', 'inner'));
      await expect(products.find('2')).resolves.toBe('old');
      expect([peer.cached('1'), peer.cached('2')]).toEqual(['old', 'old']);
    });
    expect([await committed('1'), await committed('2')]).toEqual(['inner', 'old']);
    await eventually(() => expect(peer.cached('1')).toBeUndefined());
    expect([cached('1'), cached('2')]).toEqual([undefined, undefined]);
    await expect(products.find('1')).resolves.toBe('inner');
  });
});

describe('A transaction with Propagation.RequiresNew and holdingEvictions(adapter)', () => {
  it('publishes when it is committed, also when the transaction around it is rolled back', async () => {
    const { products, cached, peer } = await shop({ isHolding: true });
    for (const id of ['1', '2']) {
      await products.find(id);
      await peer.read(id);
    }
    await failureOf(
      products.inPlainTransaction(async () => {
        await products.write('1', 'rolled back');
        await products.inTransactionOfItsOwn(() => products.write('2', 'committed'));
        throw FAILURE;
      }),
    );
    expect([await committed('1'), await committed('2')]).toEqual(['old', 'committed']);
    await eventually(() => expect(peer.cached('2')).toBeUndefined());
    expect([cached('1'), cached('2'), peer.cached('1')]).toEqual(['old', undefined, 'old']);
  });
});

describe('The subscriber of TypeORM', () => {
  it('is told afterTransactionCommit also when a savepoint is released, so it must not evict there', async () => {
    const committedThen: unknown[] = [];
    const subscriber: EntitySubscriberInterface = {
      afterTransactionCommit: async () => void committedThen.push(await committed('1')),
    };
    database.subscribers.push(subscriber);
    onTestFinished(() => void database.subscribers.splice(database.subscribers.indexOf(subscriber), 1));
    await database.transaction(async (manager) => {
      await manager.transaction((inner) => inner.update(ProductEntity, '1', { name: 'new' }));
      await eventually(() => expect(committedThen).toEqual(['old']));
    });
    await eventually(() => expect(committedThen).toEqual(['old', 'new']));
  });
});
