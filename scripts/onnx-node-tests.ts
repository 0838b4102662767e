/**
 * Runs ONNX's own node tests through the interpreter:
 *
 *     pnpm exec tsx --conditions=source scripts/onnx-node-tests.ts FOLDER [NAME...] [--counts FILE]
 *
 * FOLDER holds one folder per test (model.onnx, test_data_set_N/input_K.pb, output_K.pb), as in onnx/backend/test/data/node
 * of ONNX's sources. Where a Python package of onnx lacks them, onnx.backend.test.cmd_tools writes them from the cases of
 * onnx.backend.test.case.node. With names, only tests whose name contains one of them are run. Exit status 1 after a failure.
 *
 * A test passes when every output has the expected type and dims, and numbers within 1e-3 relative + 1e-7 absolute (ONNX's
 * own tolerance). An operator's test is written in the opset of its newest version, so its spelling is the canonical one.
 * Tests of operators, element types or values that the graph cannot hold are skipped, and counted by reason. With --counts, FILE gets
 * how many tests of one node passed, by operator: scripts/coverage/node-tests.json.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { OnnxplainError } from '@onnxplain/core';
import { canonicalise, type Graph, interpret, isOp, type NumArray, numbersOf, read } from '@onnxplain/graph';

type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'skipped'; readonly reason: string };

const passed: Outcome = { kind: 'passed' };
const failed = (reason: string): Outcome => ({ kind: 'failed', reason });
const skipped = (reason: string): Outcome => ({ kind: 'skipped', reason });

/** Operators with subgraphs that the interpreter knows beyond the canonical form. */
const control: ReadonlySet<string> = new Set(['If', 'Loop', 'Scan']);

/** Oldest opset that the interpreter takes. */
const OPSET = 18;

/** Tests whose expectation this library does not share, and why. */
const exceptions: Readonly<Record<string, string>> = {
  test_dft_inverse: 'a part that is 0 expected as float32 rounded it',
  test_dft_inverse_opset19: 'a part that is 0 expected as float32 rounded it',
  test_maxunpool_export_with_output_shape:
    'indices of another size than output_shape; ONNX Runtime and we count through output_shape',
  test_scan_sum: 'Scan of opset 8, which had a batch axis',
  test_resize_downsample_scales_cubic_align_corners:
    'resized length before rounding; ONNX Runtime and we round',
  test_resize_downsample_scales_linear_align_corners:
    'resized length before rounding; ONNX Runtime and we round',
};

/** Operators whose numbers are no two programs' the same. */
const random = /^(Bernoulli|Multinomial|Random)/;

/** Relative tolerance by type: ONNX's own, and four units in the last place for the narrow floats. */
const tolerances: Readonly<Record<string, number>> = { float16: 2 ** -9, bfloat16: 2 ** -6 };

function unsupportedOp(graph: Graph): string | undefined {
  for (const { op, domain, attributes } of graph.nodes) {
    if (!isOp(op, domain) && !(domain === '' && control.has(op)))
      return domain === '' ? op : `${domain}.${op}`;
    for (const attribute of Object.values(attributes)) {
      const inner = attribute.kind === 'graph' ? unsupportedOp(attribute.value) : undefined;
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

/** A length-delimited protobuf field. */
function field(number: number, bytes: Uint8Array): Buffer {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      length.push(rest);
      break;
    }
    length.push((rest % 128) | 128);
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}

/** A TensorProto file, read as the initialiser of a model that holds nothing else. */
function readTensorFile(path: string): NumArray | undefined {
  const tensor = readFileSync(path);
  const graph = field(7, field(5, tensor));
  const opset = field(8, Buffer.from([0x10, OPSET]));
  const [constant] = read(Buffer.concat([Buffer.from([0x08, 8]), graph, opset])).constants.values();
  return constant && { dtype: constant.dtype, dims: constant.dims, data: numbersOf(constant) };
}

function readTensors(folder: string, prefix: string, count: number): (NumArray | undefined)[] {
  return Array.from({ length: count }, (_, i) => readTensorFile(join(folder, `${prefix}_${i}.pb`)));
}

/** Why two arrays differ, or undefined. */
function difference(got: NumArray, expected: NumArray): string | undefined {
  if (got.dtype !== expected.dtype) return `type ${got.dtype}, not ${expected.dtype}`;
  if (got.dims.join() !== expected.dims.join()) return `dims [${got.dims}], not [${expected.dims}]`;
  const tolerance = tolerances[expected.dtype] ?? 1e-3;
  const at = expected.data.findIndex((want, i) => {
    const have = got.data[i];
    if (Object.is(have, want) || have === want) return false;
    return !(Math.abs(have - want) <= 1e-7 + tolerance * Math.abs(want));
  });
  return at < 0 ? undefined : `element ${at} is ${got.data[at]}, not ${expected.data[at]}`;
}

function runDataSet(graph: Graph, folder: string): Outcome {
  const inputs = readTensors(folder, 'input', graph.inputs.length);
  const feeds: Record<string, NumArray> = {};
  for (const [i, { name }] of graph.inputs.entries()) {
    const value = inputs[i];
    if (value === undefined) return skipped('an input that is not a tensor');
    feeds[name] = value;
  }
  const results = interpret(graph, feeds, { precision: 'declared' });
  const expected = readTensors(folder, 'output', graph.outputs.length);
  for (const [i, { name }] of graph.outputs.entries()) {
    const want = expected[i];
    if (want === undefined) return skipped('an output that is not a tensor');
    const reason = difference(results[name], want);
    if (reason !== undefined) return failed(`output "${name}": ${reason}`);
  }
  return passed;
}

/** Errors that say that the test is about something which a graph cannot hold. */
function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof OnnxplainError)) throw error;
  return error.code === 'model-unsupported' ? skipped(error.message) : failed(error.message);
}

/**
 * One operator alone has the spelling of its newest version whatever the opset says (see above), and is not rewritten, so that
 * its own row is what runs; everything else that is old, or that canonical form decomposes, is canonicalised.
 */
function inCanonicalForm(graph: Graph): Graph {
  const alone = graph.nodes.length === 1 && !control.has(graph.nodes[0].op);
  if (unsupportedOp(graph) !== undefined) return canonicalise(graph);
  if (graph.opsets[''] >= OPSET) return graph;
  return alone ? { ...graph, opsets: { '': OPSET } } : canonicalise(graph);
}

function runTest(folder: string): Outcome {
  try {
    const graph = inCanonicalForm(read(readFileSync(join(folder, 'model.onnx'))));
    const op = unsupportedOp(graph);
    if (op !== undefined) return skipped(`operator ${op}`);
    if (graph.nodes.some(({ op }) => random.test(op))) return skipped('random numbers');
    if (graph.inputs.some(({ dtype }) => dtype === 'string')) return skipped('strings');
    for (const set of readdirSync(folder).filter((name) => name.startsWith('test_data_set_'))) {
      const outcome = runDataSet(graph, join(folder, set));
      if (outcome.kind !== 'passed') return outcome;
    }
    return passed;
  } catch (error) {
    return outcomeOf(error);
  }
}

/** The operator that a test of one node is about. */
function operatorOf(folder: string): string | undefined {
  const { nodes } = read(readFileSync(join(folder, 'model.onnx')));
  return nodes.length === 1 ? nodes[0].op : undefined;
}

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { counts: { type: 'string' } },
});
const [folder, ...names] = positionals;
if (folder === undefined) throw new Error('usage: onnx-node-tests.ts FOLDER [NAME...] [--counts FILE]');
const counts = { passed: 0, failed: 0, skipped: 0 };
const reasons = new Map<string, number>();
const byOperator = new Map<string, number>();
for (const name of readdirSync(folder).sort()) {
  if (names.length > 0 && !names.some((part) => name.includes(part))) continue;
  const outcome = name in exceptions ? skipped(exceptions[name]) : runTest(join(folder, name));
  counts[outcome.kind]++;
  const op = outcome.kind === 'passed' ? operatorOf(join(folder, name)) : undefined;
  if (op !== undefined) byOperator.set(op, (byOperator.get(op) ?? 0) + 1);
  if (outcome.kind === 'failed') console.log(`failed  ${name}: ${outcome.reason}`);
  if (outcome.kind === 'skipped') reasons.set(outcome.reason, (reasons.get(outcome.reason) ?? 0) + 1);
}
console.log('skipped because of:');
for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(`${count}\t${reason}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
if (given.counts !== undefined) {
  const sorted = Object.fromEntries([...byOperator].sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(given.counts, `${JSON.stringify(sorted, undefined, 2)}\n`);
}
if (counts.failed > 0) process.exitCode = 1;
