import { type GradOptions, type Graph, grad as gradOfGraph } from '@onnxplain/graph';
import { type GradientOptions, grad as gradOfModel, type Model } from '@onnxplain/runtime';

/**
 * The gradient of a graph is a graph, of an opened model an opened model: see `grad` of @onnxplain/graph and of
 * @onnxplain/runtime for options, names and errors.
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
