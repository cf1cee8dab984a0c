/**
 * `step` of a dialling, unless it takes longer than `timeout` ms or `signal` asks to give up: a server that accepts the connection and
 * then says nothing must not hold up the dialling for ever.
 *
 * @internal
 */
export function withinTime<T>(step: Promise<T>, timeout: number, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (reason: string): void => {
      finish();
      reject(new Error(reason));
    };
    const aborted = (): void => giveUp('dialling was given up');
    const timer = setTimeout(() => giveUp(noAnswer(timeout)), timeout);
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    };
    timer.unref();
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    void step.then(resolve, reject).finally(finish);
  });
}

function noAnswer(timeout: number): string {
  return `no connection within ${timeout} ms (check the address, the firewall, and whether the server there speaks TLS)`;
}
