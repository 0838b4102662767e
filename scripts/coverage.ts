/** Writes COVERAGE.md from the tables of the compiler: pnpm exec tsx scripts/coverage.ts. A test checks that the file is up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Graph, grad, graphsOf, isOp, OPS, type Op, tables } from '@onnxplain/graph';
import { opRewrites } from '../packages/graph/src/canonical/canonical-ops.js';
import { cases } from '../packages/graph/test/cases.js';
import { floatInputs, floatOutputs, project } from '../packages/graph/test/derivative.js';
import { type Sample, samples } from '../packages/graph/test/samples.js';
import { lowerGradient } from '../packages/runtime/src/providers/lowering.js';
import { nodesForCpu } from '../packages/runtime/src/providers/webgpu.js';

const root = join(import.meta.dirname, '..');

/** Facts that the tables do not hold. */
const fact = (name: string) =>
  JSON.parse(readFileSync(join(root, 'scripts/coverage', `${name}.json`), 'utf8'));
const versions: Readonly<Record<string, readonly number[]>> = fact('versions');
const nodeTests: Readonly<Record<string, number>> = fact('node-tests');
const providers: Readonly<Record<'cuda' | 'webgpu', { readonly host: readonly string[] }>> =
  fact('providers');

const isDifferentiable = ({ graph }: Sample): boolean =>
  floatInputs(graph).length > 0 && floatOutputs(graph).length > 0;

const hasRule = (op: Op): boolean => typeof tables.gradient[op] === 'function';

function gradientOf(op: Op): string {
  const row = tables.gradient[op];
  if (typeof row === 'function') return 'rule';
  return row.status === 'zero' ? 'zero' : `refused: ${row.why}`;
}

/** An operator's samples and their gradient graphs. */
function samplesAndGradients(op: Op): readonly Graph[] {
  const list = samples[op]();
  const gradients = hasRule(op) ? list.filter(isDifferentiable) : [];
  return [
    ...list.map(({ graph }) => graph),
    ...gradients.map(({ graph, feeds }) => {
      const projected = project(graph, feeds, floatOutputs(graph));
      return grad(projected.graph, { of: projected.of, wrt: floatInputs(graph) });
    }),
  ];
}

/** Operators of graphs, inner graphs included. */
function opsOf(graphs: readonly Graph[]): ReadonlySet<string> {
  const found = new Set<string>();
  const collect = ({ nodes }: Graph): void => {
    for (const node of nodes) {
      found.add(node.op);
      graphsOf(node).forEach(collect);
    }
  };
  graphs.forEach(collect);
  return found;
}

/** What of an operator and its gradient runs on the host although the model is on the GPU. */
function onHost(plain: readonly Graph[], provider: 'cuda' | 'webgpu'): string {
  const graphs = plain.map((graph) => lowerGradient(graph, provider));
  const ops = opsOf(graphs);
  const unable = provider === 'webgpu' ? graphs.flatMap(nodesForCpu).map(({ what }) => what) : [];
  const list = [...providers[provider].host.filter((op) => ops.has(op)), ...new Set(unable)];
  return list.length === 0 ? 'yes' : `but ${list.join(', ')}`;
}

/** Attributes of an operator's samples, with how many values each takes. */
function attributesOf(op: Op): string {
  const seen = new Map<string, Set<string>>();
  for (const { graph } of samples[op]()) {
    for (const [name, { kind, value }] of Object.entries(graph.nodes[0].attributes)) {
      const values = seen.get(name) ?? new Set<string>();
      seen.set(name, values.add(kind === 'graph' || kind === 'tensor' ? kind : JSON.stringify(value)));
    }
  }
  return [...seen].map(([name, { size }]) => (size === 1 ? name : `${name} (${size})`)).join(', ');
}

/** Definitions of the operator that are spelled otherwise than the newest, and tried against ONNX Runtime. */
function oldSpellings(op: Op): string {
  const defined = versions[op] ?? [];
  const newest = defined.filter((version) => version <= 18).at(-1) ?? defined[0];
  const tried = cases
    .filter((one) => one.op === op && (one.domain ?? '') === '')
    .map(({ opset }) => defined.filter((version) => version <= opset).at(-1) ?? 0);
  return [...new Set(tried)]
    .filter((version) => version < newest)
    .sort((a, b) => a - b)
    .join(', ');
}

function row(op: Op): string {
  const list = samples[op]();
  const smooth = hasRule(op) ? list.filter((one) => one.smooth && isDifferentiable(one)).length : 0;
  const graphs = samplesAndGradients(op);
  const cells = [
    op,
    `${versions[op]?.[0] ?? '?'}`,
    oldSpellings(op),
    gradientOf(op),
    attributesOf(op),
    `${list.length}`,
    smooth === 0 ? '' : `${smooth}`,
    `${nodeTests[op] ?? ''}`,
    onHost(graphs, 'cuda'),
    onHost(graphs, 'webgpu'),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Operators that canonical form says in terms of others, of one domain. */
const decomposed = (domain: string): string =>
  Object.keys(opRewrites[domain] ?? {})
    .filter((op) => !isOp(op, domain))
    .sort()
    .join(', ');

/** Operators on sequences and optional values, which canonical form resolves. */
const SEQUENCES = [
  'ConcatFromSequence', 'Optional', 'OptionalGetElement', 'OptionalHasElement', 'SequenceAt', 'SequenceConstruct', 'SequenceEmpty',
  'SequenceErase', 'SequenceInsert', 'SequenceLength', 'SplitToSequence',
]; // biome-ignore format: one family

/** Standard operators that stay as they are, by what there is to say of them. */
const LEFT: Readonly<Record<string, readonly string[]>> = {
  'no float goes in': [
    'ImageDecoder', 'RegexFullMatch', 'StringConcat', 'StringNormalizer', 'StringSplit', 'TfIdfVectorizer',
  ],
  'quantised, differentiated with `--rules straight-through` only': [
    'ConvInteger', 'DynamicQuantizeLinear', 'MatMulInteger', 'QLinearConv', 'QLinearMatMul',
  ],
  'a graph for each member of a sequence, which is not taken apart': ['SequenceMap'],
}; // biome-ignore format: one family

/** Lines of the standard operators that are left. Throws for one that nobody has thought of. */
function left(): string {
  const said = new Set([
    ...Object.keys(opRewrites['']),
    ...SEQUENCES,
    ...Object.values(LEFT).flat(),
    'ReverseSequence',
  ]);
  const forgotten = Object.keys(versions).filter((op) => !isOp(op, '') && !said.has(op));
  if (forgotten.length > 0) throw new Error(`neither in the tables nor in LEFT: ${forgotten.join(', ')}`);
  return Object.entries(LEFT)
    .map(([why, ops]) => `- ${ops.join(', ')}: ${why}.`)
    .join('\n');
}

const count = (status: string): number => OPS.filter((op) => gradientOf(op).startsWith(status)).length;

/** What the columns of the table say. */
function legend(): string {
  return `# Coverage

Made by \`scripts/coverage.ts\` from the compiler's tables; \`test/coverage.test.ts\` checks that it is up to date.

${OPS.length} operators have a row in every table (inference, interpreter, gradient): ${count('rule')} with a rule, ${count('zero')} whose derivative is zero
wherever it exists, ${count('refused')} refused with a reason. Everything that rules emit is among them, so gradients can be differentiated again.

- **since**: first opset that defines the operator. Every later one is accepted up to 26; older spellings are rewritten first.
- **old spellings**: earlier definitions whose rewriting is tested against ONNX Runtime.
- **attributes**: those that the samples set, with the number of values.
- **samples**: one-node graphs on which the interpreter agrees with ONNX Runtime. Gradient graphs are compared with it too.
- **smooth**: those whose gradient agrees with central differences in float64, once and twice.
- **node tests**: tests of ONNX itself of this operator alone that the interpreter passes.
- **CUDA**, **WebGPU**: whether ONNX Runtime has a kernel there for the operator and for everything in its gradient on the samples; "but"
  names what it runs on the host instead. WebGPU runs arithmetic of 64-bit integers and floats on the host as well. Kernels as
  registered in ONNX Runtime 1.29 (CUDA) and 1.30 (WebGPU); of limits of single
  attributes, those are in it that \`packages/runtime/src/providers/webgpu.ts\` knows.

Rules beside these are tried together in random graphs (\`test/random-graphs.test.ts\` of \`packages/graph\`); values at kinks and ties are in
\`packages/graph/SUBGRADIENTS.md\`.
`;
}

/** A row for each operator. */
function table(): string {
  return `| operator | since | old spellings | gradient | attributes | samples | smooth | node tests | CUDA | WebGPU |
|---|---|---|---|---|---|---|---|---|---|
${OPS.map(row).join('\n')}
`;
}

/** Where ONNX Runtime and the standard part. */
function departures(): string {
  return `ONNX Runtime 1.29 does not run on the CPU: RoiAlign and MaxRoiPool as of opset 22 (the same under another number), MaxRoiPool of anything but
float32, GridSample by cubics over three axes, DeformConv over three. The interpreter and the rules take all but the last. Nor does it run random
numbers as of opset 22 (the same under another number).

It departs from the standard, which the interpreter follows, for a DFT from more than half a spectrum (\`inverse\`, \`onesided\`) and for STFT of
complex signals with a window.
`;
}

/** What canonical form says in terms of other operators. */
function decomposition(): string {
  return `## Accepted by decomposition

Canonical form says these in terms of the operators above.

- ai.onnx: ${decomposed('')}, ReverseSequence
- com.microsoft: ${decomposed('com.microsoft')}
- ai.onnx.ml: ${decomposed('ai.onnx.ml')}

Sequences and optional values (${SEQUENCES.join(', ')}) are resolved where lengths and places are known when the graph is made. A Loop is
unrolled where it is known how often it runs; elsewhere it stays one, and its gradient runs it again, keeping what every iteration began with, and
goes back by a Scan.
`;
}

/** What has no rule. */
function remainder(): string {
  return `## Not differentiated

Of the standard's operators up to opset 26, the newest that ONNX Runtime 1.29 opens, these have no rule. They are black boxes, as operators of other
domains are: they run, and gradients may pass beside them. In the way of a gradient they are refused by name.

${left()}
- Sequences and optional values whose lengths or places are known only when the graph runs.
- Attention with a window, with a cache where it is causal, with lengths of its keys or with its products as an output; LpPool with \`ceil_mode\`.
- A Loop that is not unrolled and carries a value whose shape changes on the way (a list that grows).
- QuantizeLinear has a row that says why not.
`;
}

/** The page. */
export function coveragePage(): string {
  return [legend(), table(), departures(), decomposition(), remainder()].join('\n');
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(root, 'COVERAGE.md'), coveragePage());
