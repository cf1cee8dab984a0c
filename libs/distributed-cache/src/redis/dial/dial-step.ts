import { withTimeout } from '../../common/timeout.js';

/**
 * Waits for one step of a dial. Rejects when the step takes longer than `timeout` ms, or when `signal` gives the dial up: a server that
 * accepts a connection and then never answers must not hold the dial up for ever.
 *
 * @internal
 */
export function dialStep<T>(step: Promise<T>, timeout: number, signal: AbortSignal): Promise<T> {
  return withTimeout(step, {
    ms: timeout,
    onTimeout: () => fail(noAnswer(timeout)),
    signal,
    onAbort: () => fail('the dial was given up'),
  });
}

function fail(message: string): never {
  throw new Error(message);
}

function noAnswer(timeout: number): string {
  return `no connection within ${timeout} ms (check the address, the firewall, and whether the server there speaks TLS)`;
}
