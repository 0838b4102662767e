import { didYouMean, fail } from '@onnxplain/core';
import { cut, type Graph, lookupsOf, upTo, withFloatInput } from '@onnxplain/graph';
import { describe, type Feeds, type FloatPort, isFloatPort, type Port } from '../session/value.js';
import type { WholeNumbers } from './whole-numbers.js';

const BFLOAT16 =
  'Most kernels of ONNX Runtime do not take bfloat16, and onnxplain feeds and reads none: export the model in float32 or float16.';

/** A part of the model, and the input or the output of the function in it. */
export interface ChosenPort {
  readonly graph: Graph;
  readonly port: FloatPort;
  /** Whole numbers that the model has in place of the floats of the port. */
  readonly whole?: WholeNumbers;
}

/**
 * Chooses the output to explain: the one that is named, or the only one of floats. Where the name is an inner value, the nodes after it
 * are removed.
 */
export function chooseOutput(graph: Graph, name: string | undefined): ChosenPort {
  if (name === undefined) return { graph, port: onlyOutput(graph) };
  const named = graph.outputs.find((output) => output.name === name);
  const before = named === undefined ? endingAt(graph, name) : graph;
  const port = named ?? before.outputs[0];
  if (isFloatPort(port)) return { graph: before, port };
  return fail({
    code: 'type-mismatch',
    where: `output "${name}"`,
    expected: 'floating point scores',
    got: port.dtype,
    remedy: port.dtype === 'bfloat16' ? BFLOAT16 : undefined,
  });
}

function endingAt(graph: Graph, name: string): Graph {
  if (graph.nodes.some(({ outputs }) => outputs.includes(name))) return upTo(graph, name);
  return fail({
    code: 'name-unknown',
    where: 'output',
    expected: `one of ${graph.outputs.map(show).join(', ')}, or an inner value`,
    got: `"${name}"`,
    remedy: didYouMean(
      name,
      graph.nodes.flatMap(({ outputs }) => outputs),
    ),
  });
}

function onlyOutput(graph: Graph): FloatPort {
  const floats = graph.outputs.filter(isFloatPort);
  if (floats.length === 1) return floats[0];
  return fail({
    code: floats.length === 0 ? 'type-mismatch' : 'output-unclear',
    where: 'output',
    expected: 'one output of floating point scores',
    got: graph.outputs.map(show).join(', '),
    remedy:
      floats.length === 0 ? withoutScores(graph) : 'Name one: --output NAME, in a program the option output.',
  });
}

const withoutScores = ({ outputs }: Graph): string =>
  outputs.some(({ dtype }) => dtype === 'bfloat16')
    ? BFLOAT16
    : 'Export the model with its scores as an output.';

/**
 * Chooses the input to explain: the one that is named, or the only one of floats without a value in `feeds`. Where the name is an inner
 * value, the graph is cut there. An input of whole numbers is taken as floats, unless it picks rows of an embedding.
 */
export function chooseInput(graph: Graph, name: string | undefined, feeds: Feeds): ChosenPort {
  if (name === undefined) return { graph, port: onlyInput(graph, feeds) };
  const named = graph.inputs.find((input) => input.name === name);
  const after = named === undefined ? cut(graph, name) : graph;
  const port = named ?? after.inputs[0];
  if (isFloatPort(port)) return { graph: after, port };
  const isNumber = port.dtype !== 'string' && port.dtype !== 'bfloat16';
  if (!isNumber || lookupsOf(graph).some(({ input }) => input === port.name)) return notFloat(graph, port);
  const { graph: floats, input, reader } = withFloatInput(after, port);
  return { graph: floats, port: input, whole: { name: port.name, dtype: port.dtype, reader } };
}

function onlyInput(graph: Graph, feeds: Feeds): FloatPort {
  const open = graph.inputs.filter(({ name }) => !Object.hasOwn(feeds, name));
  const floats = open.filter(isFloatPort);
  if (floats.length === 1) return floats[0];
  if (floats.length === 0) return notFloat(graph, open[0]);
  return fail({
    code: 'option-value',
    where: 'input',
    expected: 'one input to explain',
    got: floats.map(show).join(', '),
    remedy:
      'Name one (--wrt NAME, in a program the option input), and give the others (--feed NAME=FILE.npy, in a program the option feeds).',
  });
}

/** Refuses integers, which have no gradient. The remedy names a float value inside the model, such as the output of an embedding. */
function notFloat(graph: Graph, port: Port | undefined): never {
  const inner = lookupsOf(graph)
    .slice(0, 3)
    .map(({ output }) => `"${output}"`);
  const hint =
    inner.length === 0
      ? ' An input of whole numbers that is named is explained by methods without a derivative, such as occlusion.'
      : ` This model looks up tables in ${inner.join(', ')}.`;
  return fail({
    code: 'type-mismatch',
    where: port === undefined ? 'input' : `input "${port.name}"`,
    expected: 'an input of floating point numbers',
    got: port === undefined ? 'none that is left' : port.dtype,
    remedy:
      port?.dtype === 'bfloat16'
        ? BFLOAT16
        : `Explain an inner tensor instead: the option input also takes the name of one, such as an embedding.${hint}`,
  });
}

function show(port: Port): string {
  return `"${port.name}" (${describe(port)})`;
}
