/** Names of files that are being written. They name their process, so that a later one can remove what a killed one left. */
import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/** Tells the machines apart that write into one folder. */
const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** A temporary name in the folder of a path, so that renaming stays on one disk. */
export function temporaryName(path: string): string {
  return `${resolve(path)}.${host}-${process.pid}-${randomBytes(4).toString('hex')}.part`;
}

const TEMPORARY = /\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.part$/;

/** Removes what processes of this machine that no longer run left under temporary names of a path. */
export async function removeAbandoned(path: string): Promise<void> {
  const base = basename(path);
  await removeParts(dirname(resolve(path)), (name, start) => name.slice(0, start) === base);
}

/**
 * Removes what processes of this machine that no longer run left under temporary names in a folder and in those below it. Links are not
 * followed.
 */
export async function removeAbandonedIn(folder: string): Promise<void> {
  await removeParts(folder, () => true);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeAbandonedIn(join(folder, entry.name));
}

async function removeParts(folder: string, isOurs: (name: string, start: number) => boolean): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const found = TEMPORARY.exec(name);
    if (found === null || !isOurs(name, found.index) || found[1] !== host || isAlive(Number(found[2])))
      continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
