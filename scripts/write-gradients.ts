/**
 * Writes the gradient files of models into a folder, for scripts/check-gradients.py and other readers:
 *
 *   pnpm exec tsx scripts/write-gradients.ts OUT MODEL.onnx... [--passes gradient,lrp-gamma,hvp]
 *
 * A pass is a backward rule table (default: all of them), or `twice`, `hvp`, `jvp` or `vjp`. Every float output is differentiated, by
 * all float inputs or, where there are none, by the first float value that varies. Prints one line for each file, and one for each
 * refusal. The exit status is 1 if a gradient could not be written for any other reason than a refusal.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isFloat, OnnxplainError } from '@onnxplain/core';
import {
  canonicalise,
  externalData,
  freeBatch,
  type GradRequest,
  type Graph,
  grad,
  hvp,
  infer,
  jvp,
  type RuleTableName,
  read,
  tables,
  vjp,
  write,
} from '@onnxplain/graph';

type Pass = (graph: Graph, ask: GradRequest) => Graph;

const withRules = (name: RuleTableName): Pass => {
  return (graph, ask) => grad(graph, { ...ask, rules: name });
};

function twice(graph: Graph, ask: GradRequest): Graph {
  const first = grad(graph, ask);
  const of = first.outputs.at(-1)?.name;
  return grad(first, { of, wrt: ask.wrt });
}

const names = Object.keys(tables) as RuleTableName[];
const passes: Readonly<Record<string, Pass>> = {
  ...Object.fromEntries(names.map((name) => [name, withRules(name)])),
  twice,
  hvp,
  jvp,
  vjp,
};

function sourcesOf(graph: Graph): readonly string[] {
  const given = graph.inputs.filter(({ dtype }) => isFloat(dtype)).map(({ name }) => name);
  if (given.length > 0) return given;
  const types = infer(graph);
  const varying = new Set(graph.inputs.map(({ name }) => name));
  for (const { inputs, outputs } of graph.nodes) {
    if (!inputs.some((name) => varying.has(name))) continue;
    const found = outputs.find((name) => isFloat(types.get(name)?.dtype ?? 'string'));
    if (found !== undefined) return [found];
    for (const name of outputs) varying.add(name);
  }
  return [];
}

const questionsOf = (graph: Graph): readonly GradRequest[] =>
  graph.outputs
    .filter(({ dtype }) => isFloat(dtype))
    .map(({ name }) => ({ of: name, wrt: sourcesOf(graph) }));

/** Returns the last two folders and the name, so that files of the same name have different labels. */
const labelOf = (path: string): string =>
  path
    .split('/')
    .filter((part) => part !== '..' && part !== '.')
    .slice(-3)
    .join('_')
    .replace(/\.onnx$/, '');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { passes: { type: 'string', default: names.join(',') } },
});
const [out = '.', ...models] = positionals;
mkdirSync(out, { recursive: true });

const say = (line: string) => process.stdout.write(`${line}\n`);

function outcomeOf(error: unknown): string {
  if (error instanceof OnnxplainError)
    return `refused ${error.code}: ${error.message.replaceAll(/\s+/g, ' ')}`;
  process.exitCode = 1;
  return `crashed: ${error instanceof Error ? error.stack?.replaceAll(/\s+/g, ' ') : String(error)}`;
}

function attempt(label: string, make: () => Graph): void {
  try {
    writeFileSync(join(out, `${label}.onnx`), write(make()));
    say(`${label} written`);
  } catch (error) {
    say(`${label} ${outcomeOf(error)}`);
  }
}

function writeAll(path: string): void {
  const external = externalData(join(path, '..'));
  const { graph } = freeBatch(canonicalise(read(readFileSync(path), { external })));
  for (const [i, ask] of questionsOf(graph).entries()) {
    for (const name of values.passes.split(',')) {
      attempt(`${labelOf(path)}.${i}.${name}`, () => passes[name](graph, ask));
    }
  }
}

for (const path of models) {
  try {
    writeAll(path);
  } catch (error) {
    say(`${labelOf(path)} ${outcomeOf(error)}`);
  }
}
