import { type GradOptions, type Graph, grad as gradOfGraph } from '@onnxplain/graph';
import { type GradientOptions, grad as gradOfModel, type Model } from '@onnxplain/runtime';

/**
 * The gradient of a graph as a graph, or of an opened model as an opened model, which must be closed. `of` names the output (default: the
 * only one), `wrt` the float inputs, inner values or initialisers to differentiate by (default: the only float input), `rules` the
 * backward rules (default 'gradient', the derivative). The result has the inputs of the original, the outputs in `keep` (default: `of`)
 * and `gradient`, of the shape of `wrt`; where `of` has several numbers a row, also an input `target` (int64, [N]) that picks one of each
 * row. Throws `name-unknown` and `option-*` for rules, `output-unclear`, `value-unknown` and `type-mismatch` for names, `no-gradient` when
 * `of` does not depend on `wrt`, `op-unknown` and `op-no-gradient` for operators without a rule.
 */
export function grad(graph: Graph, options?: GradOptions): Graph;
export function grad(model: Model, options?: GradientOptions): Promise<Model>;
export function grad(...given: OfGraph | OfModel): Graph | Promise<Model> {
  return isOfModel(given) ? gradOfModel(...given) : gradOfGraph(...given);
}

type OfGraph = [graph: Graph, options?: GradOptions];
type OfModel = [model: Model, options?: GradientOptions];

function isOfModel(given: OfGraph | OfModel): given is OfModel {
  return 'run' in given[0];
}
