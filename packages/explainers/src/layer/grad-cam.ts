import {
  asBatch,
  type Explainer,
  entry,
  expression,
  fail,
  type LayerGradient,
  parseOptions,
  type Score,
  sizeOf,
  type Tensor,
  tensor,
  z,
} from '@onnxplain/core';
import { explainer } from '../explainer.js';
import { internalsOf } from './internals.js';
import { type SpreadOptions, showSpread, spread, spreadOptions } from './spread.js';

const options = z.strictObject({
  layer: z.string('the name of an inner tensor').min(1, 'the name of an inner tensor'),
  relu: z.boolean('true or false').default(false),
  ...spreadOptions,
});

export interface LayerMapOptions {
  /**
   * Name of an inner tensor [N, channels, ...positions], such as the output of the last convolution; where the model shows that its
   * channels come last, [N, ...positions, channels].
   */
  readonly layer: string;
  /** Whether negative values become 0; default false, which keeps evidence against the class. */
  readonly relu?: boolean;
}

export interface GradCamOptions extends LayerMapOptions, SpreadOptions {}

/** What a position of a layer is worth, from the layer and the gradient by it, both [channels, ...positions]. */
type Worth = (layer: LayerGradient) => Float64Array;

/** Sum over channels of activations times the channel's mean gradient. */
const camWorth: Worth = ({ value, gradient }) => {
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
const productWorth: Worth = ({ value, gradient }) => {
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

async function mapOf(
  f: Score,
  x: Tensor,
  { layer, relu, worth }: Required<LayerMapOptions> & { worth: Worth },
) {
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
  const map = worth({ value: channelsFirst(value, axis), gradient: channelsFirst(gradient, axis) });
  return tensor(relu ? map.map((v) => Math.max(0, v)) : map, shape.toSpliced(axis, 1));
}

/** A batch of one, [1, ...shape], with an axis of the shape in front of the others. */
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
  const { layer, relu } = parseOptions('grad-cam', options, { ...given });
  return mapOf(f, x, { layer, relu, worth: camWorth });
}

/** The map of {@link layerAttribution} at the layer's own resolution, [...positions]; throws what {@link gradCamMap} throws. */
export function layerAttributionMap(f: Score, x: Tensor, given: LayerMapOptions): Promise<Tensor> {
  const { layer, relu } = parseOptions('layer-attribution', options, { ...given });
  return mapOf(f, x, { layer, relu, worth: productWorth });
}

function layerExplainer(name: string, given: GradCamOptions, worth: Worth): Explainer {
  const settings = parseOptions(name, options, { ...given });
  const { layer, relu } = settings;
  const shown = { relu: relu ? true : undefined, ...showSpread(settings) };
  const identity = { expression: expression(name, [layer], shown), kind: 'global', layers: [layer] } as const;
  return explainer(identity, async (f, x) => {
    const map = await mapOf(f, x, { layer, relu, worth });
    const { upsample, layout = f.layout ?? 'chw' } = settings;
    return { values: spread(map, x.shape, { upsample, layout }), cost: { forward: 0, backward: 1 } };
  });
}

/**
 * Grad-CAM: at every position of a layer, the sum over channels of the activation times the channel's mean gradient. Global, units of
 * f. The map is resized to the input's positions, and each input channel gets an equal share of it; {@link gradCamMap} gives
 * the map as it is. Needs the score of a model.
 * Throws `not-applicable` for a score without one and for a layer that does not fit the input, `value-unknown` for the name, which its
 * `layers` tells beforehand.
 * Source: Selvaraju et al. 2017, "Grad-CAM"; without its final ReLU by default, as in Captum.
 */
export const gradCam = (given: GradCamOptions): Explainer => layerExplainer('grad-cam', given, camWorth);

/**
 * Activation times gradient at every position of a layer, summed over its channels: what the layer's positions contribute to
 * first order. Global, units of f; resized and shared like {@link gradCam}, whose errors it throws.
 * Source: gradient times activation at a layer; HiResCAM of Draelos and Carin 2020.
 */
export const layerAttribution = (given: GradCamOptions): Explainer =>
  layerExplainer('layer-attribution', given, productWorth);

export const gradCamEntry = entry({
  name: 'grad-cam',
  summary: 'Activations of a layer weighted by their mean gradient, resized to the input.',
  positional: ['layer'],
  options,
  make: gradCam,
});

export const layerAttributionEntry = entry({
  name: 'layer-attribution',
  summary: 'Activations of a layer times their gradient, resized to the input.',
  positional: ['layer'],
  options,
  make: layerAttribution,
});
