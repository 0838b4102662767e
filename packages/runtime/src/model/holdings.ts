import { OnnxplainError } from '@onnxplain/core';
import { openSession, type Session, type SessionOptions } from '../session/session.js';
import type { Program } from './program.js';

type NamedOptions = SessionOptions & { readonly name: string };

/** What lives as long as a model: its sessions, and things that were made from it. */
export interface Holdings {
  /** How its sessions are opened, and what errors call the model. */
  readonly options: NamedOptions;
  readonly sessions: Map<string, Promise<Session>>;
  readonly things: Map<string, unknown>;
  closed: boolean;
}

/** Of a model that holds nothing yet. */
export function holdings(options: NamedOptions): Holdings {
  return { options, sessions: new Map(), things: new Map(), closed: false };
}

/** Throws `closed` after {@link release}. */
export function expectOpen(held: Holdings): void {
  if (held.closed) throw closedError(held);
}

/** The session of a key, opened at the first call. Rejects with `session-failed`, `closed`. */
export function sessionOf(held: Holdings, key: string, make: () => Program): Promise<Session> {
  const { closed, sessions, options } = held;
  if (closed) return Promise.reject(closedError(held));
  const known = sessions.get(key);
  if (known !== undefined) return known;
  const opened = Promise.resolve().then(() => {
    const { model, ...rest } = make();
    return openSession(model, { ...options, ...rest });
  });
  sessions.set(key, opened);
  // A failure is reported to the callers that asked, and may be cured by the next one.
  opened.catch(() => sessions.delete(key));
  return opened;
}

/** The thing of a key, made at the first call. Throws `closed`. */
export function thingOf<T>(held: Holdings, key: string, make: () => T): T {
  expectOpen(held);
  if (!held.things.has(key)) held.things.set(key, make());
  return held.things.get(key) as T;
}

/** Frees everything; a second release does nothing. */
export async function release(held: Holdings): Promise<void> {
  const { sessions, things } = held;
  held.closed = true;
  const all = [...sessions.values()];
  sessions.clear();
  things.clear();
  for (const opened of await Promise.allSettled(all)) {
    if (opened.status === 'fulfilled') await opened.value.release();
  }
}

function closedError({ options }: Holdings): OnnxplainError {
  const [expected, got] = ['an open model', 'one that was closed'];
  return new OnnxplainError({ code: 'closed', where: options.name, expected, got });
}
