import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fail, z } from '@onnxplain/core';

/** The right to write in a folder. One process has it at a time. */
export interface FolderLock {
  /** A sentence for each lock of a dead process that was taken over. */
  readonly notices: readonly string[];
  /** Gives the folder free for other processes. */
  release(): Promise<void>;
}

const ownerSchema = z.object({ pid: z.int(), host: z.string(), started: z.number() });

/** The process that made a lock: its id, its machine, and when it started, in milliseconds since 1970. */
type Owner = z.infer<typeof ownerSchema>;

interface LockFile {
  readonly path: string;
  readonly number: number;
  /** Undefined where the file does not say, for example because its process has not written it yet. */
  readonly owner: Owner | undefined;
}

const NAME = /^lock-(\d+)$/;

/** Whether a file of this name is a lock. */
export const isLockName = (name: string): boolean => NAME.test(name);

/**
 * Locks a folder for this process with a file `lock-N` that names the process. A lock of a dead process is taken over by making the
 * file with the next number, which the file system lets one process do; only then is the old file removed. Throws `usage` where
 * another process holds the folder, or may hold it: whether a process of another machine runs cannot be told from here.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  for (;;) {
    const before = await locksIn(folder);
    refuseHeld(before);
    const path = join(folder, `lock-${1 + Math.max(0, ...before.map(({ number }) => number))}`);
    if (!(await createLock(path))) continue;
    const release = () => rm(path, { force: true });
    // A process that read the folder earlier may have made a lock with another number. At least one of the two sees the other.
    const others = (await locksIn(folder)).filter((lock) => lock.path !== path);
    if (others.some(isHeld)) await release();
    refuseHeld(others);
    for (const dead of others) await rm(dead.path, { force: true });
    return { notices: others.map(noticeOf), release };
  }
}

async function locksIn(folder: string): Promise<readonly LockFile[]> {
  const names = await readdir(folder);
  const locks = await Promise.all(
    names.filter(isLockName).map(async (name) => {
      const path = join(folder, name);
      const text = await readFile(path, 'utf8').catch(() => undefined);
      // The file may have been removed since the folder was read.
      return text === undefined ? [] : [{ path, number: Number(NAME.exec(name)?.[1]), owner: ownerIn(text) }];
    }),
  );
  return locks.flat();
}

function ownerIn(text: string): Owner | undefined {
  try {
    return ownerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Returns false where a file of that name exists. */
async function createLock(path: string): Promise<boolean> {
  const owner: Owner = { pid: process.pid, host: hostname(), started: ownStart() };
  try {
    await writeFile(path, JSON.stringify(owner), { flag: 'wx' });
    return true;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false;
    const got = cause instanceof Error ? cause.message : String(cause);
    return fail(
      { code: 'file-unreadable', where: path, expected: 'a folder in which files can be made', got },
      { cause },
    );
  }
}

const ownStart = (): number => Date.now() - 1000 * process.uptime();

/** Difference in milliseconds up to which two start times are taken for the same. */
const SAME_START = 2000;

/** Whether the process of a lock runs. True where that is not known. */
function isHeld({ owner }: LockFile): boolean {
  if (owner === undefined || owner.host !== hostname()) return true;
  // In a container that was started again, another process had this one's id.
  if (owner.pid === process.pid) return Math.abs(owner.started - ownStart()) < SAME_START;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

function refuseHeld(locks: readonly LockFile[]): void {
  const held = locks.find(isHeld);
  if (held === undefined) return;
  fail({
    code: 'usage',
    where: held.path,
    expected: 'a folder that no other process writes in',
    got: `a lock of ${nameOf(held)}`,
    remedy: `Wait until that process ends, or take another folder. If it does not run any more, remove ${held.path}.`,
  });
}

const noticeOf = (lock: LockFile): string =>
  `${lock.path}: ${nameOf(lock)} no longer runs; its lock was taken over`;

const nameOf = ({ owner }: LockFile): string =>
  owner === undefined ? 'an unknown process' : `process ${owner.pid} on ${owner.host}`;
