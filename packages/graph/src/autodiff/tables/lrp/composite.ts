import type { MathBuilder } from '../../../builder/math-builder.js';
import { mergeAffine } from '../../../prepare/merge-affine.js';
import type { RuleTable } from '../../rules/rule.js';
import type { Layer } from './layer.js';
import { type LayerRule, relevanceRows } from './rows.js';

/** Layers by what they are: convolutions, full connections, those that see the input, all. */
export const layers = {
  convolution: ({ node }: Layer): boolean => node.op === 'Conv' || node.op === 'ConvTranspose',
  dense: ({ node }: Layer): boolean => node.op !== 'Conv' && node.op !== 'ConvTranspose',
  first: ({ first }: Layer): boolean => first,
  any: (): boolean => true,
} as const;

/**
 * Layer-wise relevance propagation with a list of rules, of which the first that takes a layer is its rule. `gradient` of the table
 * is the relevance of each element itself (no product with the input is needed): it begins as the score and is conserved but for
 * what biases, stabilisers and attention keep. Normalisations are merged into the layer before them first (`mergeAffine`).
 *
 * Layers are nodes that multiply one varying input by weights. Everything else has a fixed policy: activations pass, sums
 * (residual connections) and average pools divide in proportion, max pools go to the winner, products and attention follow
 * AttnLRP, normalisations by statistics of their input pass; recurrent layers, control flow, LogSoftmax and ReduceProd are refused.
 *
 * Sources: Bach et al. 2015; Montavon et al. 2019, "Layer-Wise Relevance Propagation: An Overview"; Achtibat et al. 2024.
 */
export function composite(name: string, parts: readonly LayerRule[]): RuleTable {
  return {
    ...relevanceRows(parts),
    name,
    prepare: mergeAffine,
    seed: (_b: MathBuilder, score: string) => score,
  };
}
