import { OnnxplainError } from '@onnxplain/core';
import type { Session } from '../session/session.js';
import { boundedCache, type Cache } from './cache.js';
import type { SessionSource } from './session-source.js';

/** A session of a pool. The pool releases it, and opens it again for the next run after that. */
export type PooledSession = Omit<Session, 'release'>;

export interface SessionPoolOptions {
  /** The name of the model in errors. */
  readonly name: string;
  /** Most sessions that stay open while no run needs them. */
  readonly limit: number;
  open(source: SessionSource): Promise<Session>;
}

/** The open sessions of a model. Where there are more than the limit, the least recently used one is released. */
export interface SessionPool {
  /** Sessions that are open or being opened, with those that were dropped and still have a run under way. */
  readonly size: number;
  /** Returns the session of a key, which the first call opens. Rejects with `session-failed` and `closed`. */
  session(key: string, make: () => SessionSource): Promise<PooledSession>;
  /** Throws `closed` after {@link close}. */
  expectOpen(): void;
  /** Releases all sessions after the runs under way; a second call does nothing. */
  close(): Promise<void>;
}

interface Entry {
  readonly opened: Promise<Session>;
  /** Calls that wait for the session or run it. */
  users: number;
  /** Whether the pool has dropped it. The last user then releases it. */
  dropped: boolean;
}

interface State {
  readonly options: SessionPoolOptions;
  readonly entries: Cache<Entry>;
  /** All entries whose session is not released. */
  readonly unreleased: Set<Entry>;
  closed: boolean;
}

export function sessionPool(options: SessionPoolOptions): SessionPool {
  const unreleased = new Set<Entry>();
  const entries = boundedCache<Entry>({ values: options.limit }, (entry) => {
    entry.dropped = true;
    // A session that did not open has nothing to release; its callers have the error.
    releaseUnused(unreleased, entry).catch(() => undefined);
  });
  const state: State = { options, entries, unreleased, closed: false };
  return {
    get size() {
      return unreleased.size;
    },
    session: (key, make) => pooledSession(state, key, make),
    expectOpen: () => expectOpen(state),
    close: () => close(state),
  };
}

/** Returns a session whose every run uses the open session of the key. A run opens it again where the pool has dropped it. */
async function pooledSession(state: State, key: string, make: () => SessionSource): Promise<PooledSession> {
  let seconds = 0;
  const { inputs, outputs } = await withSession(entryOf(state, key, make), state, async (session) => session);
  return {
    inputs,
    outputs,
    get seconds() {
      return seconds;
    },
    async run(feeds, wanted) {
      // Awaited, so that the stack of an error shows the caller.
      return await withSession(entryOf(state, key, make), state, async (session) => {
        const before = session.seconds;
        try {
          return await session.run(feeds, wanted);
        } finally {
          seconds += session.seconds - before;
        }
      });
    },
  };
}

function entryOf(state: State, key: string, make: () => SessionSource): Entry {
  expectOpen(state);
  return state.entries.get(key, () => {
    const opened = Promise.resolve().then(() => state.options.open(make()));
    const entry: Entry = { opened, users: 0, dropped: false };
    state.unreleased.add(entry);
    // The callers get the error; the next call tries again.
    opened.catch(() => {
      state.unreleased.delete(entry);
      state.entries.delete(key, entry);
    });
    return entry;
  });
}

/** Keeps the session open while `work` is under way. */
async function withSession<T>(
  entry: Entry,
  { unreleased }: State,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  entry.users++;
  try {
    return await work(await entry.opened);
  } finally {
    entry.users--;
    await releaseUnused(unreleased, entry);
  }
}

async function releaseUnused(unreleased: Set<Entry>, entry: Entry): Promise<void> {
  if (!entry.dropped || entry.users > 0 || !unreleased.delete(entry)) return;
  await (await entry.opened).release();
}

async function close(state: State): Promise<void> {
  state.closed = true;
  const all = [...state.unreleased];
  state.unreleased.clear();
  state.entries.clear();
  for (const opened of await Promise.allSettled(all.map((entry) => entry.opened))) {
    // Waits for the runs under way; later ones of the session fail with `closed`.
    if (opened.status === 'fulfilled') await opened.value.release();
  }
}

function expectOpen({ closed, options }: State): void {
  if (!closed) return;
  const [expected, got] = ['an open model', 'one that was closed'];
  throw new OnnxplainError({ code: 'closed', where: options.name, expected, got });
}
