import { applyDecorators, Injectable, SetMetadata } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { booted } from '../../../../../test/support/instances/booted.js';
import { InvalidOptionsError } from '../../errors.js';
import { CacheEvict } from '../cache-evict.decorator.js';
import { Cacheable } from '../cacheable.decorator.js';

/** What `@Query()` of `@nestjs/graphql` leaves on a method. */
const Query = (): MethodDecorator => SetMetadata('graphql:resolver_type', 'Query');
/** What `@MessagePattern()` of `@nestjs/microservices` leaves on a method. */
const MessagePattern = (): MethodDecorator => SetMetadata('microservices:handler_type', 1);
/** What `@GrpcMethod()` leaves on a method. */
const GrpcMethod = (): MethodDecorator => applyDecorators(MessagePattern(), SetMetadata('microservices:transport', 4));
/** What `@SubscribeMessage()` of `@nestjs/websockets` leaves on a method. */
const SubscribeMessage = (): MethodDecorator => SetMetadata('websockets:message_mapping', true);

const REQUEST = Symbol('request');

/** The context of a GraphQL request: no key can be made of it. */
class Context {
  readonly [REQUEST] = {};
}

/** As GraphQL calls a resolver. */
const raw = (args: object, requestId = {}): unknown[] => [undefined, args, new Context(), requestId];

type Handler = (...args: unknown[]) => Promise<unknown>;

/** The handler of a method as `@nestjs/graphql` makes it: without decorated parameters it gets the arguments as they come. */
async function handlerOf(resolver: new () => object, method: string): Promise<Handler> {
  const testing = await booted({ providers: [resolver] });
  const instance = testing.get<Record<string, Handler>>(resolver);
  const callback = instance[method];
  if (!callback) throw new Error(`no method ${method}`);
  const creator = testing.get(ExternalContextCreator);
  const handler = creator.create(
    instance,
    callback,
    method,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    'graphql',
  );
  return async (...args) => handler(...args);
}

function boots(provider: new () => object): Promise<unknown> {
  return booted({ providers: [provider] });
}

describe('A handler of which no parameter is decorated', () => {
  it('has a default key made of the arguments that it declares: none', async () => {
    @Injectable()
    class Resolver {
      calls = 0;
      @Query()
      @Cacheable()
      async hello(): Promise<number> {
        return (this.calls += 1);
      }
    }
    const handler = await handlerOf(Resolver, 'hello');
    expect([await handler(...raw({})), await handler(...raw({}))]).toEqual([1, 1]);
  });

  it('has a default key made of the arguments that it declares: the parent and the arguments', async () => {
    @Injectable()
    class Resolver {
      @Query()
      @Cacheable()
      async product(_parent: unknown, { id }: { id: string }): Promise<string> {
        return `product ${id}`;
      }
    }
    const handler = await handlerOf(Resolver, 'product');
    expect(await handler(...raw({ id: '1' }))).toBe('product 1');
    expect(await handler(...raw({ id: '2' }))).toBe('product 2');
  });

  it('has a default key whatever its body looks like', async () => {
    @Injectable()
    class Resolver {
      readonly #rows = [{ arguments: 1 }];
      @Query()
      @Cacheable()
      async all(): Promise<unknown[]> {
        // Its arguments = none.
        return [...this.#rows.map((row) => row.arguments), 'loading...', "the 'arguments'"];
      }
    }
    const handler = await handlerOf(Resolver, 'all');
    expect(await handler(...raw({}))).toEqual([1, 'loading...', "the 'arguments'"]);
  });

  it('evicts under the key that it declares', async () => {
    @Injectable()
    class Resolver {
      @Query()
      @CacheEvict({ region: 'products' })
      async removed(): Promise<string> {
        return 'removed';
      }
    }
    const handler = await handlerOf(Resolver, 'removed');
    expect(await handler(...raw({}))).toBe('removed');
  });

  it('has a default key when another decorator of this library has wrapped it', async () => {
    @Injectable()
    class Resolver {
      calls = 0;
      @Query()
      @CacheEvict({ region: 'others', all: true, condition: () => false })
      @Cacheable()
      async hello(): Promise<number> {
        return (this.calls += 1);
      }
    }
    const handler = await handlerOf(Resolver, 'hello');
    expect([await handler(...raw({})), await handler(...raw({}))]).toEqual([1, 1]);
  });

  it('is refused when it declares the context of a GraphQL request', async () => {
    @Injectable()
    class Resolver {
      @Query()
      @Cacheable()
      async me(_parent: unknown, _args: unknown, context: { user: string }): Promise<string> {
        return context.user;
      }
    }
    await expect(boots(Resolver)).rejects.toThrow(InvalidOptionsError);
    await expect(boots(Resolver)).rejects.toThrow(/Resolver\.me: it takes the context, which belongs to one request/);
  });

  it('is accepted when it is called with the payload of a message alone', async () => {
    @Injectable()
    class Handlers {
      @MessagePattern()
      @Cacheable()
      async find(...payload: unknown[]): Promise<number> {
        return payload.length;
      }
    }
    await expect(boots(Handlers)).resolves.toBeDefined();
  });

  it('is refused when it declares the call of gRPC, or the client of a socket', async () => {
    @Injectable()
    class Handlers {
      @GrpcMethod()
      @Cacheable()
      async find(_payload: unknown, _metadata: unknown): Promise<string> {
        return 'found';
      }
    }
    @Injectable()
    class Gateway {
      @SubscribeMessage()
      @Cacheable()
      async find(_client: unknown): Promise<string> {
        return 'found';
      }
    }
    await expect(boots(Handlers)).rejects.toThrow(/it takes the metadata of the call/);
    await expect(boots(Gateway)).rejects.toThrow(/it takes the client/);
  });

  it('is refused when it cannot be told which arguments it reads', async () => {
    const Wrapping = (): MethodDecorator => (_target, _name, descriptor) => {
      const { value } = descriptor;
      if (typeof value !== 'function') return;
      Object.defineProperty(descriptor, 'value', {
        value: (...args: unknown[]) => Reflect.apply(value, undefined, args),
      });
    };
    @Injectable()
    class Rest {
      @Query()
      @Cacheable()
      async all(...args: unknown[]): Promise<number> {
        return args.length;
      }
    }
    @Injectable()
    class Arguments {
      @Query()
      @Cacheable()
      async all(): Promise<number> {
        return arguments.length;
      }
    }
    @Injectable()
    class Default {
      @Query()
      @Cacheable()
      async all(_parent: unknown, args: object = {}): Promise<number> {
        return Object.keys(args).length;
      }
    }
    @Injectable()
    class Wrapped {
      @Query()
      @Cacheable()
      @Wrapping()
      async all(): Promise<number> {
        return 1;
      }
    }
    for (const each of [Rest, Arguments, Default, Wrapped]) {
      await expect(boots(each)).rejects.toThrow(
        new RegExp(`${each.name}\\.all: none of its parameters is decorated.*@Args\\(\\).*give key`, 's'),
      );
    }
  });

  it('is accepted with a key, whatever it declares', async () => {
    @Injectable()
    class Resolver {
      @Query()
      @Cacheable({ key: (_parent, _args, context) => context.user })
      async me(_parent: unknown, _args: unknown, context: { user: string }): Promise<string> {
        return context.user;
      }
    }
    await expect(boots(Resolver)).resolves.toBeDefined();
  });
});
