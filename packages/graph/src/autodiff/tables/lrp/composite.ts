import type { MathBuilder } from '../../../builder/math-builder.js';
import { mergeAffine } from '../../../prepare/merge-affine.js';
import type { RuleTable } from '../../rules/rule.js';
import type { Layer } from './layer.js';
import { type LayerRule, relevanceRows } from './rows.js';

/** Tests of layers: convolutions, fully connected layers, layers that no other layer comes before, all layers. */
export const layers = {
  convolution: ({ node }: Layer): boolean => node.op === 'Conv' || node.op === 'ConvTranspose',
  dense: ({ node }: Layer): boolean => node.op !== 'Conv' && node.op !== 'ConvTranspose',
  first: ({ isFirst: first }: Layer): boolean => first,
  any: (): boolean => true,
} as const;

/**
 * Layer-wise relevance propagation with a list of rules. The rule of a layer is the first in the list whose test accepts it. `gradient` of
 * the graph is the relevance of each element; it is not multiplied by the input. Relevance starts as the score and is conserved, except for
 * the part that biases, stabilisers and attention absorb. Normalisations are first merged into the layer before them (`mergeAffine`).
 *
 * Layers are nodes that multiply one varying input by weights. Other nodes have fixed rules. Activations, and normalisations by statistics
 * of their input, pass relevance unchanged. Sums (residual connections) and average pools divide it in proportion to their terms. Max pools
 * give it to the maximum. Products and attention follow AttnLRP. Recurrent layers, control flow, LogSoftmax and ReduceProd are refused.
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
