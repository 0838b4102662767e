/**
 * Prints how the packages are built: of every package the files and lines of source without tests, and of every folder in it also the
 * imports that reach into other folders of the package. Another checkout is measured by its path:
 *
 *     npx tsx scripts/structure.ts [FOLDER OF A CHECKOUT]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

const root = process.argv[2] ?? join(import.meta.dirname, '..');

interface SourceFile {
  /** Relative to the `src` folder of its package. */
  readonly path: string;
  readonly folder: string;
  readonly lines: number;
  /** Folders of the same package that it imports from, each once for each file that it imports. */
  readonly imported: readonly string[];
}

/** Returns the first folder of a path in `src`, or "." for a file beside them. */
const folderOf = (path: string): string => (path.includes('/') ? path.split('/')[0] : '.');

function sourcesOf(src: string): readonly SourceFile[] {
  const paths = readdirSync(src, { recursive: true, encoding: 'utf8' });
  return paths
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => {
      const text = readFileSync(join(src, path), 'utf8');
      const imports = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, name]) => name);
      return {
        path,
        folder: folderOf(path),
        lines: text.split('\n').length - 1,
        imported: imports.map((name) => folderOf(posix.join(dirname(path), name))),
      };
    });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** Returns the pairs of folders of which the first imports from the second. */
function arrowsOf(files: readonly SourceFile[]): ReadonlySet<string> {
  const pairs = files.flatMap(({ folder, imported }) =>
    imported.filter((other) => other !== folder).map((other) => `${folder} > ${other}`),
  );
  return new Set(pairs.filter((pair) => !pair.split(' > ').includes('.')));
}

function printPackage(name: string): void {
  const files = sourcesOf(join(root, 'packages', name, 'src'));
  const arrows = [...arrowsOf(files)];
  const lines = sum(files.map((file) => file.lines));
  console.log(`${name}: ${files.length} files, ${lines} lines, ${arrows.length} arrows between folders`);
  for (const folder of [...new Set(files.map((file) => file.folder))].sort()) {
    const own = files.filter((file) => file.folder === folder);
    const targets = arrows
      .filter((arrow) => arrow.startsWith(`${folder} > `))
      .map((arrow) => arrow.split(' > ')[1]);
    const imports = targets.length === 0 ? '' : `, imports ${targets.sort().join(', ')}`;
    console.log(`  ${folder}: ${own.length} files, ${sum(own.map((file) => file.lines))} lines${imports}`);
  }
}

readdirSync(join(root, 'packages')).forEach(printPackage);
