import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const files = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).split('\n').filter(existsSync);

/** The pages about the current code. The changelog also names what earlier versions had. */
const pages = files.filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md');

const roots = new Set(files.map((path) => path.split('/')[0]));
const packages = new Set(files.flatMap((path) => /^packages\/([^/]+)\//.exec(path)?.[1] ?? []));

/** All words of the sources, without their comments. */
const words = new Set(
  files
    .filter((path) => /\.(?:ts|py|json)$/.test(path))
    .map((path) => readFileSync(path, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''))
    .flatMap((source) => source.match(/[\w$]+/g) ?? []),
);

const BLOCK = /^ *```[\s\S]*?^ *```/gm;

const examplesOf = (page: string): readonly string[] => readFileSync(page, 'utf8').match(BLOCK) ?? [];

/** The texts in backticks of a page, without those in blocks of code. */
function quoted(page: string): readonly string[] {
  const prose = readFileSync(page, 'utf8').replace(BLOCK, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text);
}

/** Whether a text is a path to a file, or from a folder of the repository or a package. NAME and X stand for any name. */
function isPath(text: string): boolean {
  if (!/^[\w.-]+(?:\/[\w.-]+)+\/?$/.test(text) || /\b(?:NAME|X)\b|\.\.\./.test(text)) return false;
  const [first] = text.split('/');
  return text.endsWith('.ts') || roots.has(first) || packages.has(first);
}

/** The files and folders that a path of a page may mean, such as `core/tensor` and `src/ir/ops.ts`. */
function candidates(page: string, path: string): readonly string[] {
  const [first, ...rest] = path.split('/');
  const [, own = ''] = /^packages\/([^/]+)/.exec(page) ?? [];
  const sources = join('packages', first, 'src', ...rest);
  const subpath = join('packages', first, 'src/subpaths', `${rest.join('/')}.ts`);
  const ofPackage = own === '' ? [] : [join('packages', own, path), join('packages', own, 'src', path)];
  return [
    path,
    join(dirname(page), path),
    join('packages', path),
    sources,
    `${sources}.ts`,
    subpath,
    ...ofPackage,
  ];
}

/** The functions, types and fields that a text names: `grad`, `grad(graph)`, `Score`, `batchAxis`. */
function namesIn(text: string): readonly string[] {
  const [, called] = /^([a-z]\w+)\(/.exec(text) ?? [];
  const [whole] = /^(?:[A-Z][a-z]\w*|[a-z]+[A-Z]\w*)$/.exec(text) ?? [];
  return [called, whole].filter((name) => name !== undefined);
}

test.each(pages)('the files and folders that %s names exist', (page) => {
  const missing = quoted(page).filter((text) => isPath(text) && !candidates(page, text).some(existsSync));
  expect(missing).toEqual([]);
});

test.each(pages)(
  'the functions and types that %s names are in the sources, or in an example of the page',
  (page) => {
    const own = new Set(examplesOf(page).flatMap((code) => code.match(/[\w$]+/g) ?? []));
    const unknown = quoted(page)
      .flatMap(namesIn)
      .filter((name) => !words.has(name) && !own.has(name));
    expect(unknown).toEqual([]);
  },
);
