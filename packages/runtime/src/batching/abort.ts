interface Waiting {
  readonly acts: Set<() => void>;
  /** Takes the listener off the signal. */
  stop(): void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls `act` when the signal aborts; returns what takes it back. However many wait, the signal has one listener:
 * Node takes more than ten for a leak and warns.
 */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const { acts, stop } = waiting.get(signal) ?? listen(signal);
  acts.add(act);
  return () => {
    acts.delete(act);
    if (acts.size === 0) stop();
  };
}

function listen(signal: AbortSignal): Waiting {
  const acts = new Set<() => void>();
  const abort = () => {
    for (const act of [...acts]) act();
  };
  const stop = () => {
    signal.removeEventListener('abort', abort);
    waiting.delete(signal);
  };
  signal.addEventListener('abort', abort);
  waiting.set(signal, { acts, stop });
  return { acts, stop };
}
