import { existsSync, readdirSync, statSync } from 'node:fs';
import { open, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { counted, fail } from '@onnxplain/core';
import { makeFolder, removeAbandonedIn, removeFolders, writeWhole } from '@onnxplain/files';
import { type Ledger, latestLines, ledgerIn, type OpenFolder, RECORDED } from './ledger.js';
import { type ParsedLines, parseLines } from './lines.js';
import { isLockName, lockFolder } from './lock.js';
import { type Plan, parsePlan, planDifferences } from './plan.js';

export interface LedgerOptions {
  /** Goes on from the lines in the folder; default false: a folder with lines that were not recorded is refused. */
  readonly resume?: boolean;
}

const PLAN = 'plan.json';
const CELLS = 'cells.jsonl';

/**
 * Opens the folder of a ledger, makes it where it does not exist, and locks it for this process. It holds `plan.json`, `cells.jsonl`
 * (a line for each computed cell) and the files of the cells. A last line that was cut off is dropped, and a lock of a dead process is
 * taken over; `notices` say so.
 *
 * Throws `usage` where another process holds the folder, where it holds lines and `resume` is not given, and where its plan differs
 * from this one; `file-format` for lines that were changed; `file-*`.
 */
export async function openLedger(
  folder: string,
  plan: Plan,
  { resume = false }: LedgerOptions = {},
): Promise<Ledger> {
  // Before a lock is written into a folder of something else.
  await expectLedgerFolder(folder);
  const made = await makeFolder(folder);
  const lock = await lockFolder(folder);
  try {
    const { lines, notices } = await prepareFolder(folder, { plan, resume });
    const handle = await open(join(folder, CELLS), 'a');
    return ledgerIn({ folder, handle, lock, made, lines, notices: [...lock.notices, ...notices] });
  } catch (error) {
    await lock.release();
    await removeFolders(made);
    throw error;
  }
}

/** Leaves the lines to go on from in the folder, or none; writes the plan. */
async function prepareFolder(
  folder: string,
  { plan, resume }: { plan: Plan; resume: boolean },
): Promise<Pick<OpenFolder, 'lines' | 'notices'>> {
  const found = existsSync(join(folder, PLAN)) ? await readLedger(folder) : undefined;
  const recorded = existsSync(join(folder, RECORDED));
  if (found !== undefined && found.lines.length > 0 && (resume || !recorded)) {
    if (!resume) refuseLines(folder, latestLines(found.lines).size);
    expectSamePlan(found.plan, plan, folder);
    await truncate(join(folder, CELLS), found.bytes);
    await rm(join(folder, RECORDED), { force: true });
    await removeAbandonedIn(folder);
    return found;
  }
  await emptyFolder(folder);
  await writeWhole(join(folder, CELLS), '');
  await writeWhole(join(folder, PLAN), `${JSON.stringify(plan, null, 1)}\n`);
  return { lines: [], notices: found?.notices ?? [] };
}

/** Refuses a folder without a plan that holds anything but what a stopped run had begun to write. */
async function expectLedgerFolder(folder: string): Promise<void> {
  if (!existsSync(folder) || existsSync(join(folder, PLAN))) return;
  const names = await readdir(folder);
  const foreign = names.find((name) => name !== CELLS && !name.endsWith('.part') && !isLockName(name));
  if (foreign === undefined) return;
  fail({
    code: 'usage',
    where: folder,
    expected: 'no folder of that name, an empty one, or one of a run that was stopped',
    got: `a folder that holds ${foreign}`,
    remedy: 'Take another folder, or move that one away.',
  });
}

/** Removes everything but the lock. The plan goes last: without it, other files make the folder look foreign. */
async function emptyFolder(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name !== PLAN && !isLockName(name));
  for (const name of [...names, PLAN]) await rm(join(folder, name), { recursive: true, force: true });
}

async function readLedger(folder: string): Promise<ParsedLines & { readonly plan: Plan }> {
  const [planFile, cellsFile] = [PLAN, CELLS].map((name) => join(folder, name));
  const plan = parsePlan(await readFile(planFile, 'utf8'), planFile);
  const bytes = existsSync(cellsFile) ? await readFile(cellsFile) : new Uint8Array(0);
  return { plan, ...parseLines(bytes, cellsFile) };
}

function refuseLines(folder: string, cells: number): never {
  return fail({
    code: 'usage',
    where: folder,
    expected: 'a folder without finished cells of a run that was stopped',
    got: counted(cells, 'finished cell'),
    remedy: `The same command with --resume goes on from there; remove ${folder} to start again.`,
  });
}

/** How many differences an error lists; it counts the others. */
const MOST_DIFFERENCES = 5;

function expectSamePlan(before: Plan, now: Plan, folder: string): void {
  const differences = planDifferences(before, now);
  if (differences.length === 0) return;
  const hidden = differences.length - MOST_DIFFERENCES;
  const more = hidden > 0 ? `; and ${hidden} more` : '';
  fail({
    code: 'usage',
    where: join(folder, PLAN),
    expected: 'the plan of the run that was stopped',
    got: `another one: ${differences.slice(0, MOST_DIFFERENCES).join('; ')}${more}`,
    remedy: `Give what was given before, or remove ${folder} to start again.`,
  });
}

/** Whether a folder, or one below it, is a ledger with computed cells. */
export function holdsCells(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.some((file) => basename(file) === CELLS && statSync(join(folder, file)).size > 0);
}
