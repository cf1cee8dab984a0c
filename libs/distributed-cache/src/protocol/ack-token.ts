import { createHash, randomUUID } from 'node:crypto';

/**
 * Where an instance listens to acknowledgements: the same for as long as it lives, and another one than that of any other instance. The
 * instances that acknowledge read it from the token, so that nobody hears acknowledgements that are meant for another one.
 *
 * @internal
 */
export function ackAddress(instanceId: string): string {
  return createHash('sha256').update(instanceId).digest('hex').slice(0, 16);
}

/** A new token of the instance that listens at `address`. @internal */
export function newAckToken(address: string): string {
  return `${address}.${randomUUID()}`;
}

/**
 * The address of the instance that waits for acknowledgements with this token; `undefined`: the token has none, since an older version has
 * made it, or a third party.
 *
 * @internal
 */
export function addressIn(token: string): string | undefined {
  return TOKEN.exec(token)?.[1];
}

const TOKEN = /^([0-9a-f]{16})\.[0-9a-f-]{36}$/;
