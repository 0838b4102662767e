import {
  asBatch,
  defineExplainer,
  type ExplainerRecipe,
  fail,
  type LayerGradient,
  option,
  parseOptions,
  type Score,
  type Settings,
  sizeOf,
  type Tensor,
  tensor,
  written,
  z,
} from '@onnxplain/core';
import { internalsOf } from './internals.js';
import { spread, spreadOptions } from './spread.js';

const layerOptions = {
  layer: z
    .string('the name of an inner tensor')
    .min(1, 'the name of an inner tensor')
    .describe(
      'Name of an inner tensor [N, channels, ...positions], such as the output of the last convolution; where the model shows that its ' +
        'channels come last, [N, ...positions, channels]. Default: the last that the model shows to have channels and several positions.',
    )
    .register(written, { as: 'bare' })
    .optional(),
  relu: option
    .flag()
    .default(false)
    .describe('Whether negative values become 0. By default evidence against the class is kept.'),
};

const options = { ...layerOptions, ...spreadOptions };

/** Which map of which layer. */
export type LayerMapOptions = z.input<z.ZodObject<typeof layerOptions>>;

/** Gives each position of a layer a number, from the layer and the gradient by it, both [channels, ...positions]. */
type MapOf = (layer: LayerGradient) => Float64Array;

/** Sum over channels of activations times the channel's mean gradient. */
const weightedSum: MapOf = ({ value, gradient }) => {
  const [channels, size] = sizes(value);
  const map = new Float64Array(size);
  for (let c = 0; c < channels; c++) {
    let weight = 0;
    for (let i = 0; i < size; i++) weight += gradient.data[c * size + i] / size;
    for (let i = 0; i < size; i++) map[i] += weight * value.data[c * size + i];
  }
  return map;
};

/** Sum over channels of activations times gradients, position by position. */
const summedProduct: MapOf = ({ value, gradient }) => {
  const [channels, size] = sizes(value);
  const map = new Float64Array(size);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < size; i++) map[i] += value.data[c * size + i] * gradient.data[c * size + i];
  }
  return map;
};

function sizes({ shape }: Tensor): readonly [channels: number, positions: number] {
  const [, channels, ...positions] = shape;
  return [channels, sizeOf(positions)];
}

/** The named layer, or the last one with positions. Throws `not-applicable` where there is none. */
function layerOf(f: Score, where: string, given: string | undefined): string {
  const layer = given ?? internalsOf(f, where).lastSpatial;
  if (layer !== undefined) return layer;
  return fail({
    code: 'not-applicable',
    where,
    expected:
      'a model that shows which of its inner tensors have channels and positions, or the name of a layer',
    got: 'neither',
    remedy: `Name a layer: ${where}(NAME). onnxplain inspect MODEL --values lists the inner tensors.`,
  });
}

async function mapOfLayer(
  f: Score,
  x: Tensor,
  { layer, relu, mapOf }: { readonly layer: string; readonly relu: boolean; readonly mapOf: MapOf },
): Promise<Tensor> {
  const layers = internalsOf(f, `layer "${layer}"`).layers([layer]);
  const [shape] = layers.shapes;
  if (shape.length < 2) {
    fail({
      code: 'not-applicable',
      where: `layer "${layer}"`,
      expected: 'channels and positions, such as [N, 512, 7, 7]',
      got: `[N${shape.map((size) => `, ${size}`).join('')}]`,
      remedy: 'Choose a layer before the positions are averaged or flattened.',
    });
  }
  const [{ value, gradient }] = await layers.gradients(asBatch(x));
  const axis = layers.channels?.[0] ?? 0;
  const map = mapOf({ value: channelsFirst(value, axis), gradient: channelsFirst(gradient, axis) });
  return tensor(relu ? map.map((v) => Math.max(0, v)) : map, shape.toSpliced(axis, 1));
}

/** Moves an axis of the shape of a batch of one, [1, ...shape], in front of the shape's other axes. */
function channelsFirst({ shape, data }: Tensor, axis: number): Tensor {
  if (axis === 0) return { shape, data };
  const [, ...dims] = shape;
  const channels = dims[axis];
  const inner = sizeOf(dims.slice(axis + 1));
  const positions = data.length / channels;
  const moved = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const c = Math.floor(i / inner) % channels;
    const position = Math.floor(i / (inner * channels)) * inner + (i % inner);
    moved[c * positions + position] = data[i];
  }
  return tensor(moved, [1, channels, ...dims.toSpliced(axis, 1)]);
}

/**
 * The map of {@link gradCam} at the layer's own resolution, [...positions].
 * Throws `value-unknown` for a name that is not an inner tensor, `not-applicable` for a layer without positions.
 */
export function gradCamMap(f: Score, x: Tensor, given: LayerMapOptions): Promise<Tensor> {
  return mapOfLayer(f, x, { ...settled(f, 'grad-cam', given), mapOf: weightedSum });
}

/** The map of {@link layerAttribution} at the layer's own resolution, [...positions]. Throws what {@link gradCamMap} throws. */
export function layerAttributionMap(f: Score, x: Tensor, given: LayerMapOptions): Promise<Tensor> {
  return mapOfLayer(f, x, { ...settled(f, 'layer-attribution', given), mapOf: summedProduct });
}

function settled(f: Score, name: string, given: LayerMapOptions) {
  const { layer, relu } = parseOptions(name, z.strictObject(layerOptions), { ...given });
  return { layer: layerOf(f, name, layer), relu };
}

/** Explains by a map of a layer, resized to the input. */
function explainByMap(
  { layer: given, relu, upsample, layout }: Settings<typeof options>,
  { name, mapOf }: { readonly name: string; readonly mapOf: MapOf },
): ExplainerRecipe {
  return {
    kind: 'global',
    plannedCost: () => ({ forward: 0, backward: 1 }),
    layers: given === undefined ? [] : [given],
    async explain(f, x) {
      const layer = layerOf(f, name, given);
      const map = await mapOfLayer(f, x, { layer, relu, mapOf });
      const spreading = { upsample, layout: layout ?? f.layout ?? 'chw' };
      const values = spread(map, x.shape, spreading);
      return {
        values,
        ...(given === undefined && { details: { layer } }),
      };
    },
  };
}

/**
 * Grad-CAM: at every position of a layer, the sum over channels of the activation times the channel's mean gradient. Global, in units of
 * f. The map is resized to the input's positions, and each input channel gets an equal share of it; {@link gradCamMap} gives
 * the map as it is. Needs the score of a model.
 * Throws `not-applicable` for a score without inner tensors and for a layer that does not fit the input, and `value-unknown` for a name
 * that the model does not have. The name is in `layers`, so that it can be checked before anything runs. Without a name it is the last
 * layer with several positions, which `details` names.
 * Source: Selvaraju et al. 2017, "Grad-CAM"; without its final ReLU by default, as in Captum.
 */
export const gradCam = defineExplainer({
  name: 'grad-cam',
  summary: 'Activations of a layer weighted by their mean gradient, resized to the input.',
  options,
  positional: ['layer'],
  example: { layer: 'input' },
  promises: ['depends-on-layout'],
  make: (settings) => explainByMap(settings, { name: 'grad-cam', mapOf: weightedSum }),
});

/**
 * Activation times gradient at every position of a layer, summed over its channels: how much the layer's positions contribute, to
 * first order. Global, in units of f. The map is resized and shared as that of {@link gradCam}, and the errors are the same.
 * Source: gradient times activation at a layer; HiResCAM of Draelos and Carin 2020.
 */
export const layerAttribution = defineExplainer({
  name: 'layer-attribution',
  summary: 'Activations of a layer times their gradient, resized to the input.',
  options,
  positional: ['layer'],
  example: { layer: 'input' },
  promises: ['depends-on-layout'],
  make: (settings) => explainByMap(settings, { name: 'layer-attribution', mapOf: summedProduct }),
});
