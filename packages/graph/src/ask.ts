import { fail } from '@onnxplain/core';
import { infer } from './infer/infer.js';
import { isFloat } from './infer/site.js';
import type { Ends } from './path.js';
import { tables } from './rules/index.js';
import type { RuleTable } from './rules/rule.js';
import type { Graph } from './types.js';

/** What to differentiate, by what, how. */
export interface Ask {
  /** Name of a float output. Default: the only output. */
  readonly of?: string;
  /** Names of float values: inputs, constants or inner tensors. Default: the only float input. */
  readonly wrt?: string | readonly string[];
  /** Backward rules. Default: `tables.gradient`. */
  readonly rules?: RuleTable;
}

/** Fills in what was left out. Throws `output-unclear`, `value-unknown` and `type-mismatch`. */
export function asked(graph: Graph, { of, wrt, rules = tables.gradient }: Ask): Ends {
  return { of: outputOf(graph, of), wrt: sourcesOf(graph, wrt), rules };
}

function outputOf(graph: Graph, of: string | undefined): string {
  const names = graph.outputs.map(({ name }) => name);
  if (of === undefined && names.length > 1) {
    fail({
      code: 'output-unclear',
      where: 'grad',
      expected: 'the name of an output (option `of`)',
      got: `a model with outputs ${names.join(', ')}`,
      remedy: 'Name the one that holds the scores.',
    });
  }
  const output = graph.outputs.find(({ name }) => of === undefined || name === of);
  if (output === undefined) {
    return fail({
      code: 'value-unknown',
      where: 'grad',
      expected: `an output: ${names.join(', ')}`,
      got: `"${of}"`,
    });
  }
  requireFloat(output.name, output.dtype);
  return output.name;
}

function sourcesOf(graph: Graph, wrt: Ask['wrt']): readonly string[] {
  if (wrt === undefined) return [onlyInput(graph)];
  const types = infer(graph);
  const names = typeof wrt === 'string' ? [wrt] : [...new Set(wrt)];
  for (const name of names) {
    const type = types.get(name);
    if (type === undefined) {
      const inputs = graph.inputs.map((value) => value.name).join(', ');
      fail({
        code: 'value-unknown',
        where: 'grad',
        expected: `a value of the model (inputs: ${inputs})`,
        got: `"${name}"`,
      });
    }
    requireFloat(name, type.dtype);
  }
  return names;
}

function onlyInput(graph: Graph): string {
  const floats = graph.inputs.filter(({ dtype }) => isFloat(dtype)).map(({ name }) => name);
  const [only, ...more] = floats;
  if (only !== undefined && more.length === 0) return only;
  return fail({
    code: 'value-unknown',
    where: 'grad',
    expected: 'the name of a value to differentiate by (option `wrt`)',
    got:
      only === undefined ? 'a model without float inputs' : `a model with float inputs ${floats.join(', ')}`,
    remedy: 'Name an input, or an inner tensor such as the embedding.',
  });
}

function requireFloat(name: string, dtype: string): void {
  if (isFloat(dtype as never)) return;
  fail({
    code: 'type-mismatch',
    where: `value "${name}"`,
    expected: 'floating-point numbers',
    got: dtype,
    remedy: 'Integers and labels have no derivative: choose scores, or the embedding of the integers.',
  });
}
