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

export interface CacheLimits<V> {
  /** Most values. */
  readonly values: number;
  /** Most bytes of all values together; the value that was used last is kept whatever it has. Default: no limit. */
  readonly bytes?: number;
  /** Bytes of a value, which do not change. Default: none. */
  bytesOf?(value: V): number;
}

/** Makes a cache within limits. It calls `onDrop` with each value that a limit or `clear` removes. */
export function boundedCache<V>(
  limits: CacheLimits<V>,
  onDrop: (value: V) => void = () => undefined,
): Cache<V> {
  return withLastValue(leastRecentlyUsed(limits, onDrop));
}

/** Keeps the value that was used last at hand. It is the last that the cache drops. */
function withLastValue<V>(cache: Cache<V>): Cache<V> {
  let last: { readonly key: string; readonly value: V } | undefined;
  return {
    get size() {
      return cache.size;
    },
    get(key, make) {
      if (last?.key === key) return last.value;
      const value = cache.get(key, make);
      // A cache of no values drops it at once.
      last = cache.size === 0 ? undefined : { key, value };
      return value;
    },
    delete(key, value) {
      if (last?.key === key) last = undefined;
      cache.delete(key, value);
    },
    clear() {
      last = undefined;
      cache.clear();
    },
  };
}

function leastRecentlyUsed<V>(limits: CacheLimits<V>, onDrop: (value: V) => void): Cache<V> {
  // A Map iterates in the order of insertion: the first entry is the least recently used one.
  const entries = new Map<string, { readonly value: V }>();
  const bytesOf = ({ value }: { readonly value: V }) => limits.bytesOf?.(value) ?? 0;
  let bytes = 0;
  const remove = (key: string, entry: { readonly value: V }) => {
    entries.delete(key);
    bytes -= bytesOf(entry);
  };
  /** Drops entries, oldest first, until at most `values` are left, with bytes within the limit. */
  const dropOldest = (values: number) => {
    for (const [key, entry] of entries) {
      const fits = bytes <= (limits.bytes ?? Number.POSITIVE_INFINITY) || entries.size === 1;
      if (entries.size <= values && fits) return;
      remove(key, entry);
      onDrop(entry.value);
    }
  };
  return {
    get size() {
      return entries.size;
    },
    get(key, make) {
      const known = entries.get(key);
      const entry = known ?? { value: make() };
      if (known !== undefined) remove(key, known);
      entries.set(key, entry);
      bytes += bytesOf(entry);
      dropOldest(limits.values);
      return entry.value;
    },
    delete(key, value) {
      const entry = entries.get(key);
      if (entry?.value === value) remove(key, entry);
    },
    clear() {
      dropOldest(0);
    },
  };
}

/** Declares a cache that every model has: the type of its values, and the limits of each model's own. */
export interface CacheKind<V> {
  readonly limits: CacheLimits<V>;
  /** Returns the cache of one owner. The first call makes it. */
  of(owner: object): Cache<V>;
}

/** Declares a cache for each model, of at most so many values, or within limits. `Model.cache` returns the one of a model. */
export function cacheKind<V>(limit: number | CacheLimits<V>): CacheKind<V> {
  const limits = typeof limit === 'number' ? { values: limit } : limit;
  const caches = new WeakMap<object, Cache<V>>();
  return {
    limits,
    of(owner) {
      const known = caches.get(owner);
      if (known !== undefined) return known;
      const cache = boundedCache<V>(limits);
      caches.set(owner, cache);
      return cache;
    },
  };
}
