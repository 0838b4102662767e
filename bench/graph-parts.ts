/** Values and nodes of the small models that benches make. */
import type { Node, Value } from '@onnxplain/graph';

/** A float32 value. */
export const value = (name: string, dims: Value['dims']): Value => ({ name, dtype: 'float32', dims });

/** A node of the standard domain with one output, by which it is named. */
export const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Node['attributes'] = {},
): Node => ({
  op,
  domain: '',
  name: output,
  inputs,
  outputs: [output],
  attributes,
});
