import { flag, float, int, optional, required, string } from './attribute.js';
import { MANY, op } from './op-schema.js';

const blocks = op('movement', { blocksize: required('int'), mode: string('DCR') });
const gathered = op('movement', { axis: int(0) }, { inputs: 2 });

/** Operators that put elements elsewhere. */
export const movement = {
  Col2Im: op(
    'placement',
    { dilations: optional('ints'), pads: optional('ints'), strides: optional('ints') },
    { inputs: 3 },
  ),
  Concat: op('movement', { axis: required('int') }, { inputs: [1, MANY] }),
  DepthToSpace: blocks,
  Expand: op('movement', {}, { inputs: 2 }),
  Flatten: op('reshape', { axis: int(1) }),
  Gather: gathered,
  GatherElements: gathered,
  GatherND: op('movement', { batch_dims: int(0) }, { inputs: 2 }),
  Pad: op('placement', { mode: string('constant') }, { inputs: [2, 4] }),
  Reshape: op('reshape', { allowzero: flag(false, 'one') }, { inputs: 2 }),
  Resize: op(
    'placement',
    {
      antialias: flag(false, 'nonzero'),
      axes: optional('ints'),
      coordinate_transformation_mode: string('half_pixel'),
      cubic_coeff_a: float(-0.75),
      exclude_outside: flag(false, 'nonzero'),
      extrapolation_value: float(0),
      keep_aspect_ratio_policy: string('stretch'),
      mode: string('nearest'),
      nearest_mode: string('round_prefer_floor'),
    },
    { inputs: [1, 4] },
  ),
  ScatterElements: op('placement', { axis: int(0), reduction: string('none') }, { inputs: 3 }),
  ScatterND: op('placement', { reduction: string('none') }, { inputs: 3 }),
  Slice: op('movement', {}, { inputs: [3, 5] }),
  SpaceToDepth: blocks,
  Split: op(
    'movement',
    { axis: int(0), num_outputs: optional('int') },
    { inputs: [1, 2], outputs: [1, MANY] },
  ),
  Squeeze: op('reshape', {}, { inputs: [1, 2] }),
  Tile: op('movement', {}, { inputs: 2 }),
  Transpose: op('movement', { perm: optional('ints') }),
  Trilu: op('placement', { upper: flag(true, 'nonzero') }, { inputs: [1, 2] }),
  Unique: op('search', { axis: optional('int'), sorted: flag(true, 'one') }, { outputs: [1, 4] }),
  Unsqueeze: op('reshape', {}, { inputs: 2 }),
};

/** Operators that make shapes and constants. */
export const shapes = {
  Constant: op(
    'shape',
    {
      value: optional('tensor'),
      value_float: optional('float'),
      value_floats: optional('floats'),
      value_int: optional('int'),
      value_ints: optional('ints'),
      value_string: optional('string'),
      value_strings: optional('strings'),
    },
    { inputs: 0 },
  ),
  ConstantOfShape: op('shape', { value: optional('tensor') }),
  EyeLike: op('shape', { dtype: optional('int'), k: int(0) }),
  NonZero: op('search', {}),
  OneHot: op('shape', { axis: int(-1) }, { inputs: 3 }),
  Range: op('shape', { stash_type: int(1) }, { inputs: 3 }),
  Shape: op('shape', { end: optional('int'), start: int(0) }),
  Size: op('shape', {}),
};
