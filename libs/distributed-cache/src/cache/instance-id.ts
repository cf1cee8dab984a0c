import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { pid } from 'node:process';

/** `<host>:<pid>:<random>`: readable in a log line, and never the same twice. @internal */
export function newInstanceId(): string {
  return `${hostname()}:${pid}:${randomBytes(4).toString('hex')}`;
}
