import type * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { canonicalise, type Dim, type Graph, infer, isOp, verify, write } from '../src/index.js';
import { type Case, cases, graphOf, nameOf } from './cases.js';
import { difference, type Feeds, feedFor, runModel } from './session.js';

type Symbols = Parameters<typeof graphOf>[1];

/** Ways to make sizes symbolic: not at all, a symbol for every axis, or one symbol for equal sizes as exporters do. */
const ways: Readonly<Record<string, Symbols>> = {
  'known sizes': (_, __, size) => size,
  'a symbol for every axis': (name, axis) => `${name}_${axis}`,
  'a symbol for every size': (_, __, size) => (size === 1 ? 1 : `s${size}`),
};

/** Evaluates a symbolic size; undefined for an unknown one. */
function sizeAt(dim: Dim, env: Readonly<Record<string, number>>): number | undefined {
  if (typeof dim === 'number') return dim;
  if (dim.includes('?')) return undefined;
  const names = Object.keys(env);
  const body = `const { floor, min, max } = Math; return ${dim};`;
  return new Function(...names, body)(...names.map((name) => env[name])) as number;
}

function environment(c: Case, symbols: Symbols): Record<string, number> {
  const named = graphOf(c, symbols).inputs;
  const sized = graphOf(c, (_, __, size) => size).inputs;
  const env: Record<string, number> = {};
  named.forEach(({ dims }, i) => {
    dims?.forEach((dim, axis) => {
      if (typeof dim === 'string') env[dim] = Number(sized[i].dims?.[axis]);
    });
  });
  return env;
}

function feeds(c: Case): Feeds {
  const { inputs } = graphOf(c, (_, __, size) => size);
  return Object.fromEntries(
    inputs.map(({ name, dtype, dims }, i) => [name, feedFor(dtype, dims as number[], i + 1)]),
  );
}

const reference = new Map<Case, Promise<Feeds>>();
function expected(c: Case): Promise<Feeds> {
  const known = reference.get(c) ?? runReference(c);
  reference.set(c, known);
  return known;
}

/** Runs the case on ONNX Runtime, or an equal one where ONNX Runtime no longer runs its opset. */
function runReference(c: Case): Promise<Feeds> {
  const runnable = c.like === undefined ? c : { ...c, attributes: undefined, ...c.like };
  const graph = graphOf(runnable, (_, __, size) => size);
  const given = feeds(c);
  const shaped = graph.inputs.map(({ name, dims }): [string, ort.Tensor] => [
    name,
    given[name].reshape(dims as number[]),
  ]);
  return runModel(write(graph), Object.fromEntries(shaped));
}

function expectTypes(
  graph: Graph,
  outputs: Feeds,
  { env, openRank }: { env: Record<string, number>; openRank: boolean },
): void {
  const types = infer(graph);
  for (const [name, output] of Object.entries(outputs)) {
    const type = types.get(name);
    expect(type?.dtype, name).toBe(output.type);
    const sizes = type?.dims?.map((dim) => sizeAt(dim, env));
    if (openRank && sizes === undefined) continue;
    expect(sizes?.length, `rank of ${name}`).toBe(output.dims.length);
    sizes?.forEach((size, axis) => {
      if (size !== undefined)
        expect(size, `${name} axis ${axis}: ${type?.dims?.[axis]}`).toBe(output.dims[axis]);
    });
  }
}

describe.each(Object.entries(ways))('canonical form with %s', (_, symbols) => {
  const fitting = cases.filter(
    (c) => c.knownOnly !== true || Object.keys(environment(c, symbols)).length === 0,
  );
  it.each(fitting.map((c) => [nameOf(c), c] as const))('%s', async (__, c) => {
    const outputs = await expected(c);
    const canonical = canonicalise(graphOf(c, symbols));
    verify(canonical);
    expect(canonical.nodes.filter(({ op, domain }) => !isOp(op, domain))).toEqual([]);
    const env = environment(c, symbols);
    expectTypes(canonical, outputs, { env, openRank: c.openRank === true && Object.keys(env).length > 0 });
    const got = await runModel(write(canonical), feeds(c));
    for (const [name, output] of Object.entries(outputs)) {
      expect(difference(output, got[name] as ort.Tensor), name).toBeLessThan(1e-5);
    }
  });
});
