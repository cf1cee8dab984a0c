import type { AbstractHttpAdapter } from '@nestjs/core';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { Answer } from '../response/answer.js';
import { ExpressPlatform } from './express.platform.js';
import { FastifyPlatform } from './fastify.platform.js';
import type { Platform, Reply } from './platform.js';

/** By the adapter, of which each application has its own. */
const PLATFORMS = new WeakMap<object, Platform>();

/**
 * The platform of an adapter. From now on, the adapter sends an answer as it is: `reply` is the one place at which Nest sends a body.
 *
 * @returns `undefined`: it is neither that of Express nor that of Fastify
 *
 * @internal
 */
export function platformOf(adapter: AbstractHttpAdapter): Platform | undefined {
  const known = PLATFORMS.get(adapter);
  if (known) return known;
  const reply: Reply = adapter.reply.bind(adapter);
  const platform = platformWith(adapter.getType(), reply);
  if (!platform) return undefined;
  PLATFORMS.set(adapter, platform);
  const wrapped: Reply = (response, body, status) =>
    body instanceof Answer ? platform.write(response, body) : reply(response, body, status);
  adapter.reply = unsafeCast(wrapped);
  return platform;
}

function platformWith(type: string, reply: Reply): Platform | undefined {
  if (type === 'express') return new ExpressPlatform(reply);
  return type === 'fastify' ? new FastifyPlatform(reply) : undefined;
}
