/** Values by key. Each is made at its first use. Above the limit, the least recently used value is dropped. */
export interface Cache<V> {
  /** Number of values that are kept. */
  readonly size: number;
  /** Returns the value of a key. Calls `make` where the cache has none; an error of `make` is not kept. */
  get(key: string, make: () => V): V;
  /** Forgets the key, if its value is still this one. */
  delete(key: string, value: V): void;
  /** Drops everything. */
  clear(): void;
}

/** Makes a cache of at most `limit` values. It calls `onDrop` with each value that the limit or `clear` removes. */
export function boundedCache<V>(limit: number, onDrop: (value: V) => void = () => undefined): Cache<V> {
  // A Map iterates in the order of insertion: the first entry is the least recently used one.
  const entries = new Map<string, { readonly value: V }>();
  return {
    get size() {
      return entries.size;
    },
    get(key, make) {
      const entry = entries.get(key) ?? { value: make() };
      entries.delete(key);
      entries.set(key, entry);
      dropOldest(entries, limit, onDrop);
      return entry.value;
    },
    delete(key, value) {
      if (entries.get(key)?.value === value) entries.delete(key);
    },
    clear() {
      dropOldest(entries, 0, onDrop);
    },
  };
}

/** Drops entries, oldest first, until at most `limit` are left. */
function dropOldest<V>(
  entries: Map<string, { readonly value: V }>,
  limit: number,
  onDrop: (value: V) => void,
): void {
  for (const [key, { value }] of entries) {
    if (entries.size <= limit) return;
    entries.delete(key);
    onDrop(value);
  }
}

/** Declares a cache that every model has: the type of its values, and the largest number of them that a model keeps. */
export interface CacheKind<V> {
  readonly limit: number;
  /** Returns the cache of one owner. The first call makes it. */
  of(owner: object): Cache<V>;
}

/** Declares a cache of at most `limit` values for each model. `Model.cache` returns the one of a model. */
export function cacheKind<V>(limit: number): CacheKind<V> {
  const caches = new WeakMap<object, Cache<V>>();
  return {
    limit,
    of(owner) {
      const cache = caches.get(owner) ?? boundedCache<V>(limit);
      caches.set(owner, cache);
      return cache;
    },
  };
}
