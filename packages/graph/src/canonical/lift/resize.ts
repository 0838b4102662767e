import { attributesOf } from '../../attributes.js';
import type { GraphBuilder } from '../../build.js';
import { attr } from '../../builder.js';
import { constantFrom, numbersOf } from '../../eval/numbers.js';
import type { Node } from '../../types.js';
import { changed, input, type Respell, type Respellings } from '../respell.js';

/** Upsample and Resize-10 put output pixel i at i / scale, and took the floor (the ceiling when shrinking) of it. */
function asymmetric(node: Node, b: GraphBuilder, scales: string): readonly string[] {
  const known = b.constantOf(scales);
  const shrinks = known !== undefined && numbersOf(known).some((scale) => scale < 1);
  const mode = attributesOf(node).string('mode', 'nearest') === 'nearest' ? 'nearest' : 'linear';
  const nearest = { nearest_mode: attr.string(shrinks ? 'ceil' : 'floor') };
  const result = b.emit('Resize', [input(node, 0), '', scales], {
    mode: attr.string(mode),
    coordinate_transformation_mode: attr.string('asymmetric'),
    ...(mode === 'nearest' ? nearest : {}),
  });
  return [result];
}

/** Upsample took its scales as an attribute until 9 (by axis name in 1), as an input after; gone since 10. */
const upsample: Respell = (node, b) => {
  if (input(node, 1) !== '') return asymmetric(node, b, input(node, 1));
  const a = attributesOf(node);
  const scales = a.floats('scales') ?? [1, 1, a.float('height_scale', 1), a.float('width_scale', 1)];
  return asymmetric(node, b, b.constant(constantFrom('float32', [scales.length], scales), 'scales'));
};

const resize: Respell = (node, b, from) => {
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
const roiAlign: Respell = (node, b, from) => {
  if (from >= 16) return undefined;
  return changed(node, b, {
    attributes: { coordinate_transformation_mode: attr.string('output_half_pixel') },
  });
};

export const resizing: Respellings = { Upsample: upsample, Resize: resize, RoiAlign: roiAlign };
