/* Compiled, never run. Each expected error is an error that the compiler shows to a user. */
import { registerAs } from '@nestjs/config';
import { DistributedCacheModule, type DistributedCacheOptions } from '../index.js';

const options: DistributedCacheOptions = {
  namespace: undefined,
  ttl: undefined,
  bridge: undefined,
  regions: { a: undefined },
};
DistributedCacheModule.forRoot();
DistributedCacheModule.forRoot({ ...options, name: undefined, isGlobal: undefined, cacheManager: undefined });

const cacheConfig = registerAs('cache', (): DistributedCacheOptions => ({ ttl: '5m' }));
DistributedCacheModule.forRootAsync(cacheConfig.asProvider());
DistributedCacheModule.forRootAsync({ ...cacheConfig.asProvider(), name: 'sessions', isGlobal: false });

// @ts-expect-error There is no such unit.
DistributedCacheModule.forRoot({ ttl: '5min' });
// @ts-expect-error There is no such option.
DistributedCacheModule.forRoot({ namspace: 'shop' });
// @ts-expect-error There is no such policy.
DistributedCacheModule.forRoot({ values: 'copied' });
// @ts-expect-error A region has no namespace.
DistributedCacheModule.forRoot({ regions: { products: { namespace: 'shop' } } });
// @ts-expect-error The factory does not return options.
DistributedCacheModule.forRootAsync({ useFactory: () => ({ ttl: 'soon' }) });

class MakesNoOptions {
  make(): void {}
}
// @ts-expect-error The class does not make options.
DistributedCacheModule.forRootAsync({ useClass: MakesNoOptions });
