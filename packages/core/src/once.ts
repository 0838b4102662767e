/** Calls `make` once for each text, and keeps what it returned. */
export function onceEach<K extends string, T>(make: (of: K) => T): (of: K) => T {
  const made = new Map<K, { readonly value: T }>();
  return (of) => {
    const known = made.get(of) ?? { value: make(of) };
    made.set(of, known);
    return known.value;
  };
}

/** Calls `make` at the first call only, and keeps what it returned. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
