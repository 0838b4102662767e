import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom, numbersOf } from '../../ir/constant.js';
import type { Attributes, Node } from '../../ir/types.js';
import { changed, input, type OpRewrite, type OpRewrites } from '../../rewrite/op-rewrite.js';

/**
 * Upsample and Resize-10 put output pixel i at i / scale. To the nearest, they took the floor of it along axes that grow and the
 * ceiling along those that shrink, which are two operators today.
 */
function asymmetric(node: Node, b: GraphBuilder, scales: string): readonly string[] {
  const x = input(node, 0);
  if (attributesOf(node).string('mode', 'nearest') !== 'nearest') return [resized(b, [x, scales], linear)];
  const known = b.constantOf(scales);
  const factors = known === undefined ? [] : numbersOf(known);
  if (factors.every((scale) => scale >= 1)) return [resized(b, [x, scales], nearest('floor'))];
  if (factors.every((scale) => scale <= 1)) return [resized(b, [x, scales], nearest('ceil'))];
  const shrinking = only(b, factors, (scale) => scale < 1);
  const growing = only(b, factors, (scale) => scale > 1);
  const shrunk = resized(b, [x, shrinking], nearest('ceil'));
  return [resized(b, [shrunk, growing], nearest('floor'))];
}

/** Some of the scales, 1 along other axes. */
function only(b: GraphBuilder, scales: ArrayLike<number>, keep: (scale: number) => boolean): string {
  const kept = Array.from(scales, (scale) => (keep(scale) ? scale : 1));
  return b.constant(constantFrom('float32', [kept.length], kept), 'scales');
}

const linear: Attributes = { mode: attr.string('linear') };
const nearest = (rounding: string): Attributes => ({
  mode: attr.string('nearest'),
  nearest_mode: attr.string(rounding),
});

function resized(b: GraphBuilder, [x, scales]: readonly [string, string], mode: Attributes): string {
  return b.emit('Resize', [x, '', scales], {
    ...mode,
    coordinate_transformation_mode: attr.string('asymmetric'),
  });
}

/** Upsample took its scales as an attribute until 9 (by axis name in 1), as an input after; gone since 10. */
const upsample: OpRewrite = (node, b) => {
  if (input(node, 1) !== '') return asymmetric(node, b, input(node, 1));
  const a = attributesOf(node);
  const scales = a.floats('scales') ?? [1, 1, a.float('height_scale', 1), a.float('width_scale', 1)];
  return asymmetric(node, b, b.constant(constantFrom('float32', [scales.length], scales), 'scales'));
};

const resize: OpRewrite = (node, b, from) => {
  if (from < 11) return asymmetric(node, b, input(node, 1));
  return withoutEmpty(node, b);
};

/** 11 and 12 wrote an empty tensor for scales or roi that were not meant, and had a mode that 13 took away. */
function withoutEmpty(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const old = attributesOf(node).string('coordinate_transformation_mode', '') === 'tf_half_pixel_for_nn';
  const empty = (name: string) => name !== '' && b.typing.typeOf(name)?.dims?.[0] === 0;
  if (!old && !node.inputs.some(empty)) return undefined;
  // floor((i + 1/2) / scale) is the half-pixel coordinate rounded with ties up.
  const today = {
    coordinate_transformation_mode: attr.string('half_pixel'),
    nearest_mode: attr.string('round_prefer_ceil'),
  };
  const inputs = node.inputs.map((name) => (empty(name) ? '' : name));
  return changed(node, b, { inputs, attributes: old ? today : {} });
}

/** RoiAlign gained half-pixel coordinates in 16; before, there was no offset. */
const roiAlign: OpRewrite = (node, b, from) => {
  if (from >= 16) return undefined;
  return changed(node, b, {
    attributes: { coordinate_transformation_mode: attr.string('output_half_pixel') },
  });
};

export const resizing: OpRewrites = { Upsample: upsample, Resize: resize, RoiAlign: roiAlign };
