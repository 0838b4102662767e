/**
 * Keeps builds of a command in folders of their own beside its `main.js`, which only imports the program of the latest one. A new `main.js`
 * is renamed over the old one when all files of its build are there, so that a command which starts meanwhile reads one build or the other.
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const MAIN = 'main.js';
/** Names what npm leaves out of the package. */
const IGNORED = '.npmignore';

const mainOf = (name: string): string => `#!/usr/bin/env node\nimport './${name}/${MAIN}';\n`;

/** The name of the build that the `main.js` of a folder starts; undefined where there is none. */
export function installedBuild(folder: string): string | undefined {
  const file = join(folder, MAIN);
  return existsSync(file)
    ? /^import '\.\/([\w-]+)\/main\.js';$/m.exec(readFileSync(file, 'utf8'))?.[1]
    : undefined;
}

/**
 * Makes `main.js` of a folder start the build in its subfolder `name`, and removes all builds but that one and the one before it, from which
 * commands that are running may still read.
 */
export function installBuild(folder: string, name: string): void {
  const before = installedBuild(folder);
  if (before === name) return;
  if (before !== undefined) replaceFile(join(folder, IGNORED), `${before}\n`);
  replaceFile(join(folder, MAIN), mainOf(name));
  const kept = [MAIN, IGNORED, name, before];
  for (const other of readdirSync(folder).filter((entry) => !kept.includes(entry)))
    rmSync(join(folder, other), { recursive: true, force: true });
}

/** Renames a staged build to its place, where another process may have put the same build meanwhile. */
export function moveBuild(staged: string, place: string): void {
  try {
    renameSync(staged, place);
  } catch (cause) {
    if (!existsSync(place)) throw cause;
  }
}

/** Milliseconds after which a staged build is no longer being written. */
const ABANDONED = 3_600_000;

/** Removes the folders beside `folder` that builds which were killed left behind. Their names are those of `mkdtempSync(`${folder}-`)`. */
export function removeAbandoned(folder: string): void {
  const staged = new RegExp(`^${basename(folder)}-\\w{6}$`);
  for (const name of readdirSync(dirname(folder)).filter((entry) => staged.test(entry))) {
    const path = join(dirname(folder), name);
    if (Date.now() - statSync(path).mtimeMs > ABANDONED) rmSync(path, { recursive: true, force: true });
  }
}

/** Writes a file beside the one of its name and renames it, so that readers get all of the old or all of the new one. */
function replaceFile(file: string, text: string): void {
  const beside = `${file}.${process.pid}`;
  writeFileSync(beside, text, { mode: 0o755 });
  renameSync(beside, file);
}
