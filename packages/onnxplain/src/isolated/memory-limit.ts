import { totalmem } from 'node:os';

/** Returns how many bytes a process may hold where no limit is given: nine tenths of the memory of the machine or its container. */
export function defaultMemoryLimit(): number {
  const { constrainedMemory } = process;
  const container = constrainedMemory === undefined ? 0 : constrainedMemory.call(process);
  const all = container > 0 ? Math.min(container, totalmem()) : totalmem();
  return Math.floor(0.9 * all);
}
