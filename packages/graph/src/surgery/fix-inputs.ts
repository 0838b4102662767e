import { fail } from '@onnxplain/core';
import { constantFrom } from '../ir/constant.js';
import { listOf } from '../ir/list-of.js';
import type { Dim, Graph, Value, ValueType } from '../ir/types.js';

/** Sizes of inputs by name. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;
/** Numbers that fill inputs, by name. */
export type InputNumbers = Readonly<Record<string, number>>;

/**
 * Gives inputs the sizes of all their axes. A symbol that one of them has gets its size everywhere. The graph need not be in canonical
 * form. Throws `name-unknown`, and `feed-shape` for sizes that an input cannot have.
 */
export function fixShapes(graph: Graph, shapes: InputShapes): Graph {
  const sizes = new Map<Dim, number>();
  const given = new Map(Object.entries(shapes));
  for (const [name, shape] of given) bindShape(inputNamed(graph, name, 'shape'), shape, sizes);
  if (given.size === 0) return graph;
  const bind = <T extends ValueType>(type: T): T => ({
    ...type,
    dims: type.dims?.map((dim) => sizes.get(dim) ?? dim),
  });
  return {
    ...graph,
    inputs: graph.inputs.map((input) => bind({ ...input, dims: input.dims ?? given.get(input.name) })),
    outputs: graph.outputs.map(bind),
    declared: new Map([...graph.declared].map(([name, type]) => [name, bind(type)] as const)),
  };
}

/** Adds the sizes of the symbols of an input. */
function bindShape({ name, dims }: Value, shape: readonly number[], sizes: Map<Dim, number>): void {
  const fits = dims === undefined || dims.length === shape.length;
  for (const [axis, size] of shape.entries()) {
    const dim = dims?.[axis] ?? size;
    const known = typeof dim === 'number' ? dim : (sizes.get(dim) ?? size);
    if (fits && known === size) {
      if (typeof dim === 'string') sizes.set(dim, size);
      continue;
    }
    fail({
      code: 'feed-shape',
      where: `shape of input "${name}"`,
      expected: `sizes of [${dims?.join(', ')}], where equal names are equal sizes`,
      got: `[${shape.join(', ')}]`,
    });
  }
}

/**
 * Makes constants of inputs: a number in every element. What depends on them alone is folded, such as an If on a sampling rate. Throws
 * `name-unknown`, and `feed-shape` for inputs of open sizes.
 */
export function fixNumbers(graph: Graph, numbers: InputNumbers): Graph {
  const fixed = Object.entries(numbers).map(
    ([name, number]) => [inputNamed(graph, name, 'fix'), number] as const,
  );
  if (fixed.length === 0) return graph;
  const names = new Set(fixed.map(([{ name }]) => name));
  const constants = new Map(graph.constants);
  for (const [{ name, dtype, dims }, number] of fixed) {
    const shape = dims?.filter((dim) => typeof dim === 'number') ?? [];
    if (shape.length !== dims?.length) refuseOpen({ name, dtype, dims });
    const count = shape.reduce((product, size) => product * size, 1);
    constants.set(
      name,
      constantFrom(
        dtype,
        shape,
        listOf(count, () => number),
      ),
    );
  }
  return { ...graph, constants, inputs: graph.inputs.filter(({ name }) => !names.has(name)) };
}

function refuseOpen({ name, dims }: Value): never {
  return fail({
    code: 'feed-shape',
    where: `input "${name}", to be fixed`,
    expected: 'an input whose sizes are known',
    got: `[${dims?.join(', ') ?? '...'}]`,
    remedy: `Give its sizes too: --shape "${name}"=SIZES, in a program the option shapes.`,
  });
}

function inputNamed({ inputs }: Graph, name: string, option: string): Value {
  const input = inputs.find((each) => each.name === name);
  if (input !== undefined) return input;
  return fail({
    code: 'name-unknown',
    where: option,
    expected: `one of the inputs ${inputs.map((each) => `"${each.name}"`).join(', ')}`,
    got: `"${name}"`,
  });
}
