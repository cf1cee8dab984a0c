import type {
  InvalidationBridge,
  InvalidationLink,
} from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { overriding } from '../overriding.js';

/** A bridge of whose links some methods are replaced. */
export function tampering(
  bridge: InvalidationBridge,
  overrides: (link: InvalidationLink) => Partial<InvalidationLink>,
): InvalidationBridge {
  return overriding(bridge, {
    dial: async (...dialling) => {
      const link = await bridge.dial(...dialling);
      return overriding(link, overrides(link));
    },
  });
}
