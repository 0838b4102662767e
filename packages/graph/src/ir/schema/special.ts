import { codeOf } from '@onnxplain/core';
import { flag, float, int, optional, required, string } from './attribute.js';
import { MANY, op } from './op-schema.js';

const float32 = codeOf('float32');

const window = op('signal', { output_datatype: int(float32), periodic: flag(true, 'nonzero') });

const seed = { seed: optional('float') };
const normal = { ...seed, mean: float(0), scale: float(1) };
const uniform = { ...seed, high: float(1), low: float(0) };
const shaped = { dtype: int(float32), shape: required('ints') };
const like = { dtype: optional('int') };

const loop = { body: required('graph') };

/** Operators that read between the elements of an image. */
export const sampling = {
  DeformConv: op(
    'convolution',
    {
      dilations: optional('ints'),
      group: int(1),
      kernel_shape: optional('ints'),
      offset_group: int(1),
      pads: optional('ints'),
      strides: optional('ints'),
    },
    { inputs: [3, 5] },
  ),
  GridSample: op(
    'sampling',
    { align_corners: flag(false, 'nonzero'), mode: string('linear'), padding_mode: string('zeros') },
    { inputs: 2 },
  ),
  MaxRoiPool: op('sampling', { pooled_shape: required('ints'), spatial_scale: float(1) }, { inputs: 2 }),
  RoiAlign: op(
    'sampling',
    {
      coordinate_transformation_mode: string('half_pixel'),
      mode: string('avg'),
      output_height: int(1),
      output_width: int(1),
      sampling_ratio: int(0),
      spatial_scale: float(1),
    },
    { inputs: 3 },
  ),
};

/** Windows and transforms of signals. */
export const signals = {
  BlackmanWindow: window,
  /** `axis` became the third input in opset 20; an axis that neither gives is -2. */
  DFT: op(
    'signal',
    { axis: optional('int'), inverse: flag(false, 'nonzero'), onesided: flag(false, 'nonzero') },
    { inputs: [1, 3] },
  ),
  HammingWindow: window,
  HannWindow: window,
  MelWeightMatrix: op('signal', { output_datatype: int(float32) }, { inputs: 5 }),
};

/** Random numbers. */
export const draws = {
  Bernoulli: op('draw', { ...seed, ...like }),
  Multinomial: op('draw', { ...seed, dtype: int(codeOf('int32')), sample_size: int(1) }),
  RandomNormal: op('draw', { ...normal, ...shaped }, { inputs: 0 }),
  RandomNormalLike: op('draw', { ...normal, ...like }),
  RandomUniform: op('draw', { ...uniform, ...shaped }, { inputs: 0 }),
  RandomUniformLike: op('draw', { ...uniform, ...like }),
};

/** Operators with inner graphs. */
export const control = {
  If: op(
    'control',
    { else_branch: required('graph'), then_branch: required('graph') },
    { outputs: [1, MANY] },
  ),
  Loop: op('control', loop, { inputs: [2, MANY], outputs: [1, MANY] }),
  Scan: op(
    'control',
    {
      ...loop,
      num_scan_inputs: required('int'),
      scan_input_axes: optional('ints'),
      scan_input_directions: optional('ints'),
      scan_output_axes: optional('ints'),
      scan_output_directions: optional('ints'),
    },
    { inputs: [1, MANY], outputs: [1, MANY] },
  ),
};
