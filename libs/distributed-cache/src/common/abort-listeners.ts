const listenersOf = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `listener` once `signal` is aborted. However many wait for one signal, the signal has one listener: from eleven on, Node.js warns of
 * a leak, and the signal of one request may be handed to many reads.
 *
 * @returns takes the listener off again
 *
 * @internal
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  const listeners = listenersOf.get(signal) ?? listenTo(signal);
  // Of its own, so that the same function may be given twice.
  const call = (): void => listener();
  listeners.add(call);
  return () => {
    if (!listeners.delete(call) || listeners.size > 0) return;
    signal.removeEventListener('abort', callAll);
    listenersOf.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const listeners = new Set<() => void>();
  listenersOf.set(signal, listeners);
  signal.addEventListener('abort', callAll, { once: true });
  return listeners;
}

function callAll({ target }: Event): void {
  if (!(target instanceof AbortSignal)) return;
  for (const call of listenersOf.get(target) ?? []) call();
}
