import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { positionsAlong } from '../../builder/math/positions.js';
import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom } from '../../ir/constant.js';
import type { Node } from '../../ir/types.js';
import { input, type OpRewrite } from '../../rewrite/op-rewrite.js';

const rankOf = (b: GraphBuilder, name: string): number | undefined => b.typeOf(name)?.dims?.length;

/** Compress gathers the elements, or the slices along an axis, for which the condition is true. */
export const compress: OpRewrite = (node, b) => {
  const [x, condition] = [input(node, 0), input(node, 1)];
  if (rankOf(b, x) === undefined || rankOf(b, condition) === undefined) return undefined;
  const indices = b.emit('Squeeze', [b.emit('NonZero', [condition]), b.ints([0])]);
  const { axis } = attributesOf(node, 'Compress');
  const from = axis === undefined ? b.emit('Reshape', [x, b.ints([-1])]) : x;
  return [b.emit('Gather', [from, indices], { axis: attr.int(axis ?? 0) })];
};

/** CenterCropPad is a Pad by half of the difference on each side, an odd element at the end; a negative amount crops. */
export const centerCropPad: OpRewrite = (node, b) => {
  const [x, target] = [input(node, 0), input(node, 1)];
  const rank = rankOf(b, x);
  if (rank === undefined || rankOf(b, target) === undefined) return undefined;
  const given = attributesOf(node, 'CenterCropPad').axes ?? Array.from({ length: rank }, (_, axis) => axis);
  const axes = b.ints(given.map((axis) => (axis + rank) % rank));
  const c = mathBuilder(b);
  const missing = c.sub(c.cast(target, 'int64'), b.emit('Gather', [b.shape(x), axes]));
  // Integer division rounds towards 0.
  const before = b.emit('Div', [missing, b.ints([2])]);
  return [
    b.emit('Pad', [x, c.concat([before, c.sub(missing, before)], 0), '', axes], {
      mode: attr.string('constant'),
    }),
  ];
};

/** MaxUnpool scatters the elements into zeros, by indices into the flattened output. */
export const maxUnpool: OpRewrite = (node, b) => {
  const [x = '', indices = '', size = ''] = node.inputs;
  if (rankOf(b, x) === undefined) return undefined;
  const shape = size === '' ? unpooledShape(node, b) : size;
  const total = b.emit('ReduceProd', [shape, b.ints([0])], { keepdims: attr.int(1) });
  const zeros = b.emit('Expand', [b.scalar(0, x), total]);
  const flat = (value: string) => b.emit('Reshape', [value, b.ints([-1])]);
  const scattered = b.emit('ScatterElements', [zeros, flat(indices), flat(x)], { axis: attr.int(0) });
  return [b.emit('Reshape', [scattered, shape])];
};

/** Emits the shape before pooling: (size - 1) * stride + kernel - padding along every spatial axis. */
function unpooledShape(node: Node, b: GraphBuilder): string {
  const x = input(node, 0);
  const a = attributesOf(node, 'MaxUnpool');
  const kernel = a.kernel_shape;
  const strides = a.strides ?? kernel.map(() => 1);
  const pads = a.pads ?? [...kernel, ...kernel].map(() => 0);
  const extra = kernel.map((size, i) => size - pads[i] - pads[i + kernel.length] - strides[i]);
  const part = (start: number, end?: number) =>
    b.emit('Shape', [x], { start: attr.int(start), end: end === undefined ? undefined : attr.int(end) });
  const spatial = b.emit('Add', [b.emit('Mul', [part(2), b.ints(strides)]), b.ints(extra)]);
  return b.emit('Concat', [part(0, 2), spatial], { axis: attr.int(0) });
}

/** TensorScatter writes new entries into a cache, from a start position for each row of the batch. */
export const tensorScatter: OpRewrite = (node, b) => {
  const [cache = '', update = '', starts = ''] = node.inputs;
  const rank = rankOf(b, update);
  if (rank === undefined || rankOf(b, cache) === undefined) return undefined;
  const { axis: given, mode } = attributesOf(node, 'TensorScatter');
  const axis = (given + rank) % rank;
  const c = mathBuilder(b);
  const along = (vector: string, at: number) =>
    c.reshape(
      vector,
      Array.from({ length: rank }, (_, i) => (i === at ? -1 : 1)),
    );
  const steps = along(positionsAlong(c, update, axis), axis);
  const positions = starts === '' ? steps : c.add(along(starts, 0), steps);
  const indices =
    mode === 'circular' ? b.emit('Mod', [positions, c.sizes([{ of: cache, axis }])]) : positions;
  return [b.emit('ScatterElements', [cache, c.expand(indices, update), update], { axis: attr.int(axis) })];
};

/** AffineGrid applies theta to a regular grid of positions from -1 to 1, with the last axis of the image first. */
export const affineGrid: OpRewrite = (node, b) => {
  const [theta = '', size = ''] = node.inputs;
  const [length] = b.typeOf(size)?.dims ?? [];
  if (typeof length !== 'number' || b.typeOf(theta) === undefined) return undefined;
  const axes = length - 2;
  const { align_corners: aligned } = attributesOf(node, 'AffineGrid');
  const c = mathBuilder(b);
  const spatial = b.emit('Slice', [size, b.ints([2]), b.ints([2 + axes])]);
  const columns = Array.from({ length: axes }, (_, i) => {
    const at = axes - 1 - i;
    const coordinates = gridCoordinates(
      c,
      c.squeeze(c.slice(spatial, [{ axis: 0, from: at, to: at + 1 }]), [0]),
      {
        aligned,
        like: theta,
      },
    );
    return c.reshape(
      coordinates,
      Array.from({ length: axes }, (_, axis) => (axis === at ? -1 : 1)),
    );
  });
  const filled = [...columns, b.scalar(1, theta)].map((column) =>
    c.unsqueeze(b.emit('Expand', [column, spatial]), [axes]),
  );
  const positions = c.reshape(c.concat(filled, axes), [-1, axes + 1]);
  const grid = c.matmul(positions, c.transpose(theta, [0, 2, 1]));
  return [b.emit('Reshape', [grid, c.concat([b.ints([0]), spatial, b.ints([axes])], 0)])];
};

/** Emits n coordinates. -1 and 1 are the centres of the outer pixels if `aligned`, else the outer edges of them. */
function gridCoordinates(
  b: MathBuilder,
  n: string,
  { aligned, like }: { aligned: boolean; like: string },
): string {
  const [zero, one] = [0, 1].map((value) => b.constant(constantFrom('int64', [], [value])));
  const indices = b.cast(b.emit('Range', [zero, n, one]), b.dtype(like));
  const size = b.cast(n, b.dtype(like));
  if (!aligned) return b.sub(b.div(b.add(b.mul(indices, 2), 1), size), 1);
  const gaps = b.emit('Max', [b.sub(size, 1), b.scalar(1, like)]);
  return b.sub(1, b.div(b.mul(b.sub(b.sub(size, 1), indices), 2), gaps));
}
