import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { onnxplain } from '../packages/onnxplain/test/models.js';

const root = join(import.meta.dirname, '..');

/** Sources that raise errors, and commands that run them. The flags in their messages must be flags of each of these commands. */
const RAISED_BY: readonly (readonly [folder: string, commands: readonly string[]])[] = [
  ['packages/graph/src/io', ['inspect', 'grad', 'explain', 'evaluate']],
  ['packages/graph/src/surgery/fix-inputs.ts', ['inspect', 'grad', 'explain', 'evaluate']],
  ['packages/graph/src/autodiff', ['grad', 'explain', 'evaluate']],
  ['packages/runtime/src/score', ['explain', 'evaluate']],
  ['packages/runtime/src/function', ['explain', 'evaluate']],
  ['packages/files/src', ['explain', 'evaluate']],
  ['packages/onnxplain/src/pipeline/model.ts', ['inspect', 'grad', 'explain', 'evaluate']],
  ['packages/onnxplain/src/pipeline/read', ['explain', 'evaluate']],
];

/** Flags of other programs, and those of which a message says that another command has them. */
const ELSEWHERE: ReadonlySet<string> = new Set(['--tflite', '--of']);

interface Remedy {
  readonly file: string;
  readonly text: string;
}

/** The texts of all properties `remedy` of the sources, and of constants in capitals, which some remedies are. */
function remediesIn(file: string): readonly Remedy[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const found: Remedy[] = [];
  const visit = (node: ts.Node): void => {
    const named =
      (ts.isPropertyAssignment(node) && node.name.getText() === 'remedy') ||
      (ts.isVariableDeclaration(node) && /^[A-Z_]{3,}$/.test(node.name.getText()));
    if (named) found.push({ file: relative(root, file), text: node.getText() });
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const remedies = readdirSync(join(root, 'packages')).flatMap((name) => {
  const folder = join(root, 'packages', name, 'src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .flatMap((path) => remediesIn(join(folder, path)));
});

const flagsIn = (text: string): readonly string[] => text.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [];

async function flagsOf(command: string): Promise<ReadonlySet<string>> {
  return new Set(flagsIn((await onnxplain(command, '--help')).out));
}

test('a remedy names flags that the commands which can raise it have', async () => {
  const commands = ['inspect', 'grad', 'explain', 'evaluate', 'reproduce', 'list'];
  const flags = new Map(
    await Promise.all(commands.map(async (name) => [name, await flagsOf(name)] as const)),
  );
  const wrong = remedies.flatMap(({ file, text }) => {
    // A flag behind the name of a command is one of that command.
    const others = [...text.matchAll(/onnxplain (\w+)[^.;`']*/g)];
    const own = others.reduce((rest, [whole]) => rest.replace(whole, ''), text);
    const takers = RAISED_BY.find(([folder]) => file.startsWith(folder))?.[1];
    const missing = (flag: string): boolean => {
      const has = (command: string) => flags.get(command)?.has(flag) === true;
      return !ELSEWHERE.has(flag) && (takers === undefined ? !commands.some(has) : !takers.every(has));
    };
    const misplaced = others.flatMap(([whole, command]) =>
      flagsIn(whole).filter((flag) => flags.get(command)?.has(flag) === false),
    );
    return [...flagsIn(own).filter(missing), ...misplaced].map((flag) => `${file}: ${flag}`);
  });
  expect(wrong).toEqual([]);
  expect(remedies.filter(({ text }) => flagsIn(text).length > 0).length).toBeGreaterThan(10);
});
