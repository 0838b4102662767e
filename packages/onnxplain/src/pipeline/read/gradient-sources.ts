import { fail } from '@onnxplain/core';
import { describeNode, lookupsOf } from '@onnxplain/graph';
import { isFloatPort, type Model } from '@onnxplain/runtime';

/**
 * Lists the values by which the outputs of a model can be differentiated without naming one: its float inputs, or the embeddings of a
 * model whose inputs are all whole numbers.
 */
export function gradientSources({ graph, inputs }: Pick<Model, 'graph' | 'inputs'>): readonly string[] {
  const lookups = lookupsOf(graph);
  const ids = new Set(lookups.map(({ input }) => input));
  const floats = inputs.filter((port) => isFloatPort(port) && !ids.has(port.name));
  if (floats.length > 0) return floats.map(({ name }) => name);
  return lookups.length > 0 ? lookups.map(({ output }) => output) : floatNames(inputs);
}

const floatNames = (inputs: Model['inputs']): readonly string[] =>
  inputs.filter(isFloatPort).map(({ name }) => name);

/** Returns the only source of {@link gradientSources}. Throws `value-unknown` where there is none, and where there are several. */
export function onlySource(model: Pick<Model, 'graph' | 'inputs'>): string {
  const [only, ...others] = gradientSources(model);
  if (only === undefined) return refuseWholeNumbers(model);
  if (others.length === 0) return only;
  return fail({
    code: 'value-unknown',
    where: 'grad',
    expected: 'the name of one value to differentiate by (--wrt)',
    got: `a model with ${[only, ...others].map((name) => `"${name}"`).join(', ')}`,
    remedy: `Name it: --wrt ${only}.`,
  });
}

function refuseWholeNumbers({ graph, inputs }: Pick<Model, 'graph' | 'inputs'>): never {
  const read = inputs.map(({ name, dtype }) => {
    const reader = graph.nodes.find((node) => node.inputs.includes(name));
    return `"${name}" (${dtype}${reader === undefined ? '' : `, read by ${describeNode(reader)}`})`;
  });
  return fail({
    code: 'value-unknown',
    where: 'grad',
    expected:
      'a model with an input of floating point numbers or an embedding, or the name of a value inside (--wrt)',
    got: `the inputs ${read.join(', ')}`,
    remedy: 'Name an inner value: --wrt NAME. onnxplain inspect MODEL --values lists them.',
  });
}
