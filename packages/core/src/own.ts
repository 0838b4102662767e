import { fail } from './error.js';

/**
 * Returns the property of a record that has this name itself; undefined where it has none. Names from files go through this function,
 * because the plain `record[name]` finds what every object inherits for names such as "constructor" and "__proto__".
 */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Returns the property of a record that has this name itself. Throws `value-unknown` where it has none. */
export function ownOf<T>(record: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(record, name)) return record[name];
  return fail({ code: 'value-unknown', where: 'record', expected: `an entry "${name}"`, got: 'none' });
}

/** Gives a record a property of its own, also for the names that every object inherits. */
export function setOwn<T>(record: Record<string, T>, name: string, value: T): void {
  Object.defineProperty(record, name, { value, configurable: true, enumerable: true, writable: true });
}
