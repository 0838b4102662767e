import type { Attribute } from './types.js';

type Kind = Attribute['kind'];

/** Attributes of standard operators by kind; where versions of an operator differ, a name stands in two lists. */
const NAMES: Partial<Record<Kind, readonly string[]>> = {
  int: [
    'axis', 'batch_axis', 'batch_dims', 'center_point_box', 'block_size', 'blocksize', 'ceil_mode', 'count_include_pad', 'exclusive',
    'group', 'hidden_size', 'input_forget', 'inverse', 'k', 'keepdims', 'largest', 'layout', 'linear_before_reset', 'new_axis',
    'noop_with_empty_axes', 'num_outputs', 'onesided', 'output_datatype', 'output_dtype', 'periodic', 'num_scan_inputs', 'p',
    'reverse', 'sample_size', 'saturate', 'select_last_index', 'size', 'sorted',
    'storage_order', 'to', 'transA', 'transB', 'upper', 'stash_type',
  ],
  ints: [
    'axes', 'dilations', 'ends', 'kernel_shape', 'output_padding', 'output_shape', 'pads', 'perm', 'split', 'starts',
    'strides', 'value_ints', 'scan_input_axes', 'scan_input_directions', 'scan_output_axes', 'scan_output_directions',
  ],
  float: [
    'beta', 'bias', 'clip', 'cubic_coeff_a', 'epsilon', 'extrapolation_value', 'gamma', 'lambd', 'max', 'min',
    'momentum', 'seed', 'spatial_scale', 'value_float',
  ],
  floats: ['activation_alpha', 'activation_beta', 'value_floats'],
  string: [
    'auto_pad', 'coordinate_transformation_mode', 'direction', 'equation', 'nearest_mode', 'padding_mode',
    'reduction', 'value_string',
  ],
  strings: ['activations', 'value_strings'],
  tensor: ['value'],
  graph: ['body', 'else_branch', 'then_branch'],
}; // biome-ignore format: one kind per paragraph

const byName: ReadonlyMap<string, readonly Kind[]> = new Map<string, readonly Kind[]>([
  ...Object.entries(NAMES).flatMap(([kind, names]) => names.map((name) => [name, [kind as Kind]] as const)),
  // Exporters write 1 for a float.
  ...(NAMES.float ?? []).map((name) => [name, ['float', 'int'] as const] as const),
  ['to', ['int', 'string']], // Cast before opset 6 names the type
  ['value', ['tensor', 'float']], // Pad before opset 11 has a number
  ['p', ['int', 'float']], // LpPool before opset 2
]);

/** Kinds that an attribute of a standard operator may have; undefined where several operators use the name differently. */
export const expectedKinds = (name: string): readonly Kind[] | undefined => byName.get(name);
