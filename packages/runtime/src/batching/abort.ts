interface Listener {
  readonly callbacks: Set<() => void>;
  /** Takes the listener off the signal. */
  stop(): void;
}

const listeners = new WeakMap<AbortSignal, Listener>();

/**
 * Calls `callback` when the signal aborts. Returns a function that cancels this. The signal gets one listener for all callbacks, because
 * Node warns of a leak at more than ten.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, stop } = listeners.get(signal) ?? listen(signal);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size === 0) stop();
  };
}

function listen(signal: AbortSignal): Listener {
  const callbacks = new Set<() => void>();
  const abort = () => {
    for (const callback of [...callbacks]) callback();
  };
  const stop = () => {
    signal.removeEventListener('abort', abort);
    listeners.delete(signal);
  };
  signal.addEventListener('abort', abort);
  listeners.set(signal, { callbacks, stop });
  return { callbacks, stop };
}
