import { type BackwardRules, didYouMean, fail, isFloat } from '@onnxplain/core';
import { canonicalise } from '../canonical/canonicalise.js';
import { infer } from '../infer/infer.js';
import type { DataType, Graph } from '../ir/types.js';
import type { Ends } from './path.js';
import type { RuleTable } from './rules/rule.js';
import { ruleTable, tables } from './tables/index.js';

/** What to differentiate, by what, how. */
export interface GradRequest {
  /** Name of a float output. Default: the only output. */
  readonly of?: string;
  /** Names of float values: inputs, constants or inner tensors. Default: the only float input. */
  readonly wrt?: string | readonly string[];
  /**
   * Backward rules, by name or as `{ name, ...options }`. Default 'gradient', the derivative. Rules that compare with a baseline give the
   * graph an input for it, so that `baseline` is no option here.
   */
  readonly rules?: BackwardRules;
  /** A table of rules of your own, in place of `rules`. */
  readonly table?: RuleTable;
}

/** A request without defaults, and its graph in canonical form. */
export interface ResolvedRequest {
  readonly graph: Graph;
  readonly ends: Ends;
  /** Constants of `wrt`. They are inputs of `graph`, so that expressions of them are not folded. */
  readonly constantInputs: Graph['constants'];
}

/** Makes the graph canonical and fills in the defaults of the request. */
export function resolveRequest(graph: Graph, request: GradRequest): ResolvedRequest {
  const constantInputs = new Map(
    [...graph.constants].filter(([name]) => namesOf(request.wrt).includes(name)),
  );
  requireDependent(graph, [...constantInputs.keys()]);
  const canonical = canonicalise(constantsToInputs(graph, constantInputs));
  const kept = new Set(namesOf(request.wrt));
  const rules = tableOf(request);
  const prepared = rules.prepare?.(canonical, kept) ?? canonical;
  return { graph: prepared, ends: endsOf(prepared, request, rules), constantInputs };
}

/** The table of a request. Throws `usage` where both a name and a table are given. */
function tableOf({ rules, table }: GradRequest): RuleTable {
  if (rules === undefined) return table ?? tables.gradient;
  if (table === undefined) return ruleTable(rules);
  return fail({
    code: 'usage',
    where: 'grad',
    expected: 'backward rules by name (option `rules`), or a table of your own (option `table`)',
    got: 'both',
  });
}

/** Refuses rules that need more than the graph to go backward through it. */
export function requirePlain(what: string, request: GradRequest): void {
  const rules = tableOf(request);
  if (rules.usesBaseline !== true) return;
  fail({
    code: 'not-applicable',
    where: what,
    expected: 'rules that see the graph only',
    got: `${rules.name ?? 'rules'}, which compare with a baseline`,
    remedy: 'Use grad, or other rules.',
  });
}

/**
 * Refuses constants of a gradient graph that it was not differentiated by. Expressions of those were computed when it was made, so that
 * a derivative by them would be incomplete.
 */
function requireDependent({ metadata }: Graph, constants: readonly string[]): void {
  const before = metadata['onnxplain.wrt']?.split(',');
  const lost = constants.filter((name) => before?.includes(name) === false);
  if (lost.length === 0) return;
  fail({
    code: 'not-applicable',
    where: 'grad, option `wrt`',
    expected: `inputs, or constants that the graph was differentiated by: ${before?.join(', ')}`,
    got: lost.join(', '),
    remedy: 'Differentiate the model by both at once first (wrt: several names), then its gradient.',
  });
}

function constantsToInputs(graph: Graph, constantInputs: Graph['constants']): Graph {
  const inputs = [...constantInputs].map(([name, { dtype, dims }]) => ({ name, dtype, dims }));
  const constants = new Map([...graph.constants].filter(([name]) => !constantInputs.has(name)));
  return { ...graph, inputs: [...graph.inputs, ...inputs], constants };
}

/** Turns the inputs that were constants back into constants. */
export function inputsToConstants(graph: Graph, constantInputs: Graph['constants']): Graph {
  return {
    ...graph,
    inputs: graph.inputs.filter(({ name }) => !constantInputs.has(name)),
    constants: new Map([...graph.constants, ...constantInputs]),
  };
}

const namesOf = (wrt: GradRequest['wrt']): readonly string[] =>
  typeof wrt === 'string' ? [wrt] : [...new Set(wrt)];

/** Fills in the defaults of `of` and `wrt`. Throws `output-unclear`, `value-unknown` and `type-mismatch`. */
function endsOf(graph: Graph, { of, wrt }: GradRequest, rules: RuleTable): Ends {
  return { of: outputOf(graph, of), wrt: sourcesOf(graph, wrt), rules };
}

function outputOf(graph: Graph, of: string | undefined): string {
  const names = graph.outputs.map(({ name }) => name);
  if (of === undefined && names.length > 1) {
    fail({
      code: 'output-unclear',
      where: 'grad',
      expected: 'the name of an output (--of, in a program the option of)',
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

function sourcesOf(graph: Graph, wrt: GradRequest['wrt']): readonly string[] {
  if (wrt === undefined) return [onlyInput(graph)];
  const types = infer(graph);
  const names = namesOf(wrt);
  for (const name of names) {
    const type = types.get(name);
    if (type === undefined) {
      const inputs = graph.inputs.map((value) => value.name).join(', ');
      fail({
        code: 'value-unknown',
        where: 'grad',
        expected: `a value of the model (inputs: ${inputs})`,
        got: `"${name}"`,
        remedy: didYouMean(name, [...types.keys()]),
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
    expected: 'the name of a value to differentiate by (--wrt, in a program the option wrt)',
    got:
      only === undefined ? 'a model without float inputs' : `a model with float inputs ${floats.join(', ')}`,
    remedy: 'Name an input, or an inner tensor such as the embedding.',
  });
}

function requireFloat(name: string, dtype: DataType): void {
  if (isFloat(dtype)) return;
  fail({
    code: 'type-mismatch',
    where: `value "${name}"`,
    expected: 'floating-point numbers',
    got: dtype,
    remedy: 'Integers and labels have no derivative: choose scores, or the embedding of the integers.',
  });
}
