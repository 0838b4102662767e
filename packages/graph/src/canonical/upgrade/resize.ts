import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { constantFrom, numbersOf } from '../../ir/constant.js';
import type { Attributes, Node } from '../../ir/types.js';
import { appendChanged, input, type OpRewrite, type OpRewrites } from '../../rewrite/op-rewrite.js';

/**
 * Upsample and Resize of opset 10 read output pixel i at i / scale. Mode `nearest` rounded down along axes that grow and up along axes
 * that shrink; today's Resize has one rounding mode, so that both kinds together need two nodes.
 */
function asymmetric(node: Node, b: GraphBuilder, scales: string): readonly string[] {
  const x = input(node, 0);
  if (attributesOf(node, 'Resize', 'Upsample').mode !== 'nearest') return [resized(b, [x, scales], linear)];
  const known = b.constantOf(scales);
  const factors = known === undefined ? [] : numbersOf(known);
  if (factors.every((scale) => scale >= 1)) return [resized(b, [x, scales], nearest('floor'))];
  if (factors.every((scale) => scale <= 1)) return [resized(b, [x, scales], nearest('ceil'))];
  const shrinking = scalesWhere(b, factors, (scale) => scale < 1);
  const growing = scalesWhere(b, factors, (scale) => scale > 1);
  const shrunk = resized(b, [x, shrinking], nearest('ceil'));
  return [resized(b, [shrunk, growing], nearest('floor'))];
}

/** Keeps the scales that a condition holds for, with 1 along the other axes. */
function scalesWhere(b: GraphBuilder, scales: ArrayLike<number>, keep: (scale: number) => boolean): string {
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

/** Upsample: `scales` was an attribute until opset 9 (height and width in opset 1), then an input. Opset 10 removed the operator. */
const upsample: OpRewrite = (node, b) => {
  if (input(node, 1) !== '') return asymmetric(node, b, input(node, 1));
  const {
    height_scale: height,
    width_scale: width,
    scales = [1, 1, height, width],
  } = attributesOf(node, 'Upsample');
  return asymmetric(node, b, b.constant(constantFrom('float32', [scales.length], scales), 'scales'));
};

const resize: OpRewrite = (node, b, from) => {
  if (from < 11) return asymmetric(node, b, input(node, 1));
  return withoutEmpty(node, b);
};

/** Opsets 11 and 12 had empty tensors for omitted scales and roi, and the mode `tf_half_pixel_for_nn`, which opset 13 removed. */
function withoutEmpty(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const old = attributesOf(node, 'Resize').coordinate_transformation_mode === 'tf_half_pixel_for_nn';
  const empty = (name: string) => name !== '' && b.typing.typeOf(name)?.dims?.[0] === 0;
  if (!old && !node.inputs.some(empty)) return undefined;
  // floor((i + 1/2) / scale) is the half-pixel coordinate rounded with ties up.
  const today = {
    coordinate_transformation_mode: attr.string('half_pixel'),
    nearest_mode: attr.string('round_prefer_ceil'),
  };
  const inputs = node.inputs.map((name) => (empty(name) ? '' : name));
  return appendChanged(node, b, { inputs, attributes: old ? today : {} });
}

/** RoiAlign: half-pixel coordinates are the default since opset 16; before, there was no offset. */
const roiAlign: OpRewrite = (node, b, from) => {
  if (from >= 16) return undefined;
  return appendChanged(node, b, {
    attributes: { coordinate_transformation_mode: attr.string('output_half_pixel') },
  });
};

/** Upgrades of Upsample, Resize and RoiAlign. */
export const resizing: OpRewrites = { Upsample: upsample, Resize: resize, RoiAlign: roiAlign };
