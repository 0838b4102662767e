import { attr } from '../builder/builder.js';
import { namer, namesIn } from '../ir/names.js';
import type { Constant, Graph, Node } from '../ir/types.js';

/** by x + shift, element by element, of a value with so many channels. */
export interface ScaleAndShift {
  readonly x: string;
  readonly channels: number;
  readonly by: number;
  readonly shift: number;
}

/** Makes nodes for a graph that compute affine functions in the blocked layout, and names for other new nodes. */
export interface AffineConvs {
  /** A depthwise convolution of one element. It gives `output`, by default a new name. */
  conv(given: ScaleAndShift, output?: string): Node;
  fresh(hint: string): string;
  /** The constants of the graph and the kernels of the convolutions, which share them. */
  readonly constants: ReadonlyMap<string, Constant>;
}

export function affineConvs(graph: Graph): AffineConvs {
  const fresh = namer(namesIn(graph));
  const constants = new Map(graph.constants);
  const names = new Map<string, string>();
  const filled = (dims: readonly number[], value: number): string => {
    const key = `${dims}:${value}`;
    const known = names.get(key);
    if (known !== undefined) return known;
    const name = fresh('filled');
    names.set(key, name);
    constants.set(name, { dtype: 'float32', dims, data: new Float32Array(dims[0]).fill(value) });
    return name;
  };
  const conv = ({ x, channels, by, shift }: ScaleAndShift, output = fresh('affine')): Node => ({
    op: 'Conv',
    domain: '',
    name: output,
    inputs: [x, filled([channels, 1, 1, 1], by), ...(shift === 0 ? [] : [filled([channels], shift)])],
    outputs: [output],
    attributes: { group: attr.int(channels), kernel_shape: attr.ints([1, 1]) },
  });
  return { conv, fresh, constants };
}
