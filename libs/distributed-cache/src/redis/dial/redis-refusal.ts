import { BridgeRefusal } from '../../protocol/invalidation-bridge.js';
import { withAdvice } from './redis-advice.js';

const REMEDIES: Readonly<Record<string, BridgeRefusal['remedy']>> = {
  // Not the server to talk to, or not yet.
  READONLY: 'redial',
  NOREPLICAS: 'redial',
  LOADING: 'redial',
  MASTERDOWN: 'redial',
  MOVED: 'redial',
  // It cannot at the moment.
  OOM: 'retry',
  BUSY: 'retry',
  TRYAGAIN: 'retry',
  CLUSTERDOWN: 'retry',
  // The slot is on its way to another node: its keys are on either side until all have arrived, and then this one says MOVED.
  ASK: 'retry',
};

/** What an answer begins with; before Redis 7, an error inside a script stands behind "ERR Error running script (…): … -". */
const CODE_OF_ANSWER = /^ERR Error running script.*?-([A-Z]+) |^([A-Z]+)\b/;

/**
 * What an error of ioredis means for the link. An error answer of the server becomes a {@link BridgeRefusal}; one whose code is not
 * known is somebody's to look at. Neither keeps the original: ioredis attaches the command to it, which may be `AUTH` with its password.
 *
 * @internal
 */
export function toLinkError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  // By name: a client that the application handed over may come from another copy of ioredis.
  if (error.name !== 'ReplyError') return new Error(describeNetworkError(error));
  const [, inScript, atStart] = CODE_OF_ANSWER.exec(error.message) ?? [];
  const code = inScript ?? atStart ?? '';
  return new BridgeRefusal(REMEDIES[code] ?? 'report', withAdvice(withoutArguments(error.message), code));
}

/** Redis repeats the arguments of a command that it does not know, and that may be `AUTH`. */
function withoutArguments(message: string): string {
  return message.replace(/,? with args beginning with.*$/s, '');
}

function describeNetworkError(error: Error): string {
  // Node.js tries every address of a host name and then throws an error without a message of its own.
  const told = error instanceof AggregateError ? error.errors.filter((each) => each instanceof Error) : [error];
  const message = told.map((each) => each.message).join('; ') || error.name;
  return withAdvice(message, String(Reflect.get(error, 'code') ?? ''));
}
