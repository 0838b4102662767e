import { fail } from '@onnxplain/core';
import { cut, type Graph } from '@onnxplain/graph';
import { describe, type Feeds, isFloat, type Port } from '../value.js';

/** The output to explain: the one named, or the only one of floats. */
export function chooseOutput(graph: Graph, name: string | undefined): Port {
  const all = graph.outputs.map(show);
  const floats = graph.outputs.filter(({ dtype }) => isFloat(dtype));
  if (name !== undefined) {
    const named = graph.outputs.find((output) => output.name === name);
    if (named === undefined)
      return fail({
        code: 'name-unknown',
        where: 'output',
        expected: `one of ${all.join(', ')}`,
        got: `"${name}"`,
      });
    if (isFloat(named.dtype)) return named;
    return fail({
      code: 'type-mismatch',
      where: `output "${name}"`,
      expected: 'floating point scores',
      got: named.dtype,
    });
  }
  if (floats.length === 1) return floats[0];
  return fail({
    code: floats.length === 0 ? 'type-mismatch' : 'output-unclear',
    where: 'output',
    expected: 'one output of floating point scores',
    got: all.join(', '),
    remedy:
      floats.length === 0
        ? 'Export the model with its scores as an output.'
        : 'Name one in the option output.',
  });
}

export interface Explained {
  /** Ends with the explained input being a graph input. */
  readonly graph: Graph;
  readonly port: Port;
}

/**
 * The input to explain: the one named (cutting the graph where the name is an inner value), or the only one of floats that `feeds`
 * does not settle.
 */
export function chooseInput(graph: Graph, name: string | undefined, feeds: Feeds): Explained {
  const open = graph.inputs.filter((input) => isFloat(input.dtype) && !Object.hasOwn(feeds, input.name));
  const port = name === undefined ? onlyOne(graph, open) : graph.inputs.find((input) => input.name === name);
  if (port !== undefined) return isFloat(port.dtype) ? { graph, port } : notFloat(graph, port);
  const after = cut(graph, String(name));
  const [inner] = after.inputs;
  return isFloat(inner.dtype) ? { graph: after, port: inner } : notFloat(graph, inner);
}

function onlyOne(graph: Graph, open: readonly Port[]): Port {
  if (open.length === 1) return open[0];
  if (open.length === 0)
    return notFloat(
      graph,
      graph.inputs.find(({ dtype }) => !isFloat(dtype)),
    );
  return fail({
    code: 'option-value',
    where: 'input',
    expected: `one input to explain`,
    got: open.map(show).join(', '),
    remedy: 'Name one in the option input, and give the others in the option feeds.',
  });
}

/** Integers have no gradient: the way out is a float value inside, above all what an embedding gives. */
function notFloat(graph: Graph, port: Port | undefined): never {
  const embeddings = graph.nodes.filter(
    ({ op, inputs }) => op === 'Gather' && graph.constants.has(inputs[0]),
  );
  const inner = embeddings.slice(0, 3).map(({ outputs }) => `"${outputs[0]}"`);
  const hint = inner.length === 0 ? '' : ` This model looks up tables in ${inner.join(', ')}.`;
  return fail({
    code: 'type-mismatch',
    where: port === undefined ? 'input' : `input "${port.name}"`,
    expected: 'an input of floating point numbers',
    got: port === undefined ? 'none that is left' : port.dtype,
    remedy: `Explain an inner tensor instead: the option input also takes the name of one, such as an embedding.${hint}`,
  });
}

function show(port: Port): string {
  return `"${port.name}" (${describe(port)})`;
}
