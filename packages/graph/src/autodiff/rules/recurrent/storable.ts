import type { MathBuilder } from '../../../builder/math-builder.js';
import type { Activation } from './activation.js';
import type { RecurrentDirection } from './direction.js';

/** An activation with a derivative that its value determines. */
type Determined = Activation & Required<Pick<Activation, 'atValue'>>;

/** A direction whose backward pass needs no more than gates and states of all steps. */
export interface StorableLayer extends RecurrentDirection {
  readonly activations: readonly Determined[];
}

/** Returns a direction without peepholes and sequence lengths, and with activations whose derivatives their values determine. */
function storableLayer(layer: RecurrentDirection): StorableLayer | undefined {
  const { activations, lengths, peepholes } = layer;
  const isDetermined = (activation: Activation): activation is Determined => activation.atValue !== undefined;
  if (lengths !== undefined || peepholes !== undefined) return undefined;
  return activations.every(isDetermined) ? { ...layer, activations } : undefined;
}

/** Returns all directions of a node, if each is storable. */
export function storableLayers(layers: readonly RecurrentDirection[]): readonly StorableLayer[] | undefined {
  const storable = layers.flatMap((layer) => storableLayer(layer) ?? []);
  return storable.length < layers.length ? undefined : storable;
}

/** The states h and c before the first step, [B, H]. Zeros have the sizes of x, because the states after each step are not known yet. */
export function firstStates(
  b: MathBuilder,
  { first, x, hidden }: RecurrentDirection,
): [h: string, c: string] {
  const zeros = () => b.emit('Expand', [b.scalar(0, x), b.sizes([{ of: x, axis: 1 }, hidden])]);
  return [first.h ?? zeros(), first.c ?? zeros()];
}
