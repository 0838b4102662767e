import {
  coverage,
  grad as gradOf,
  infer,
  lookupsOf,
  notFiniteConstants,
  randomNodes,
} from '@onnxplain/graph';
import { graphMeaning, isFloatPort, type Model } from '@onnxplain/runtime';
import { openModel } from '../pipeline/model.js';
import { flatnessFor, flatText } from '../pipeline/notices/explainers.js';
import { gradientSources, onlySource } from '../pipeline/read/gradient-sources.js';
import { batchAxes } from './batch-lines.js';
import { failureOf } from './failure.js';
import type { ModelFlags } from './flags.js';
import type { GradientCoverage, InnerValue, Inspection } from './inspection.js';
import { fileOptions } from './model-flags.js';

export interface InspectFlags extends ModelFlags {
  readonly values?: boolean;
  readonly wrt?: readonly string[];
}

/** Opens a model and describes it, gradient coverage included. */
export async function inspect(path: string, flags: InspectFlags): Promise<Inspection> {
  const { model, about } = await openModel(path, { ...flags, ...fileOptions(flags) });
  try {
    const { inputs, outputs } = model.source;
    const embeddings = lookupsOf(model.graph);
    const explained = flags.wrt ?? gradientSources(model);
    const floats = outputs.filter(isFloatPort);
    const meanings = floats.map(({ name }) => graphMeaning(model, name));
    const isDefault = flags.wrt === undefined && explained.length < 2 && embeddings.length === 0;
    const sources = isDefault ? [undefined] : explained;
    const gradients = floats.flatMap(({ name }) => sources.map((wrt) => gradientCoverage(model, name, wrt)));
    const values = flags.values === true ? innerValues(model) : undefined;
    const { batch, device } = model;
    const notFinite = notFiniteConstants(model.source);
    const axes = floats.flatMap(({ name: output }) =>
      explained.flatMap((input) => batchAxes(model, { input, output }) ?? []),
    );
    return {
      ...about,
      ...(notFinite.length > 0 && { notFinite }),
      inputs,
      outputs,
      batch,
      batchAxes: axes,
      device,
      embeddings,
      meanings,
      gradients,
      values,
    };
  } finally {
    await model.close();
  }
}

function innerValues({ graph }: Model): readonly InnerValue[] {
  const types = infer(graph);
  return graph.nodes.flatMap(({ op, outputs }) =>
    outputs.flatMap((name) => {
      const type = types.get(name);
      return type === undefined ? [] : [{ name, op, ...type }];
    }),
  );
}

function gradientCoverage(model: Model, of: string, wrt: string | undefined): GradientCoverage {
  const known = {
    of,
    wrt,
    logits: graphMeaning(model, of).logits?.value,
    random: randomOf(model, of),
  };
  try {
    const ends = { of, wrt: wrt ?? onlySource(model) };
    const refused = refusalOf(() => gradOf(model.graph, ends));
    const nodes = coverage(model.graph, ends);
    const uncovered = nodes.filter(({ status }) => status === 'refused' || status === 'unknown');
    const missing = refused === undefined ? [] : uncovered;
    const failure = missing.length === 0 ? refused : undefined;
    return {
      ...known,
      nodes: nodes.length,
      missing,
      flat: flatOf(model, of, wrt),
      ...(failure && { failure }),
    };
  } catch (error) {
    return { ...known, nodes: 0, missing: [], failure: refusalFrom(error) };
  }
}

/** Calls a function and returns the error that it throws; undefined where it throws none. */
function refusalOf(call: () => unknown): GradientCoverage['failure'] {
  try {
    call();
    return undefined;
  } catch (error) {
    return refusalFrom(error);
  }
}

function refusalFrom(error: unknown): GradientCoverage['failure'] {
  const { code, message } = failureOf(error);
  return { code, message };
}

function flatOf(model: Model, of: string, wrt: string | undefined): string | undefined {
  const input = wrt ?? model.graph.inputs.find(isFloatPort)?.name;
  const flatness = flatnessFor({ model, query: { output: of, input } });
  return flatness && flatText(flatness, { output: of, input });
}

function randomOf({ graph }: Model, of: string): readonly string[] | undefined {
  const draws = randomNodes(graph, of);
  return draws.length === 0 ? undefined : draws;
}
