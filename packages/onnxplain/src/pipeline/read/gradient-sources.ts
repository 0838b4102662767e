import { fail } from '@onnxplain/core';
import { lookupsOf } from '@onnxplain/graph';
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
  if (only !== undefined && others.length === 0) return only;
  const names = [only, ...others].map((name) => `"${name}"`).join(', ');
  return fail({
    code: 'value-unknown',
    where: 'grad',
    expected: 'the name of a float value to differentiate by (--wrt)',
    got: only === undefined ? 'a model without float inputs' : `a model with ${names}`,
    remedy:
      only === undefined
        ? 'Name an inner value: onnxplain inspect MODEL --values lists them. Without a derivative, onnxplain explain has occlusion and optimal.'
        : `Name one of them: --wrt ${[only, ...others][0]}.`,
  });
}
