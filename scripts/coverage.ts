/** Writes COVERAGE.md from the tables of the compiler: pnpm exec tsx scripts/coverage.ts. A test checks that the file is up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Graph, grad, graphsOf, isOp, OPS, type Op, tables } from '@onnxplain/graph';
import { opRewrites } from '../packages/graph/src/canonical/canonical-ops.js';
import { cases } from '../packages/graph/test/cases.js';
import { floatInputs, floatOutputs, project } from '../packages/graph/test/central-differences.js';
import { type Sample, samples } from '../packages/graph/test/samples.js';
import { lowerGradient } from '../packages/runtime/src/providers/lowering.js';
import { nodesForCpu } from '../packages/runtime/src/providers/webgpu.js';

const root = join(import.meta.dirname, '..');

/** Reads facts that the tables do not have. */
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

/** Returns the sample graphs of an operator and their gradient graphs. */
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

/** Returns the operators of graphs, in inner graphs too. */
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

/** Returns which operators of a sample and its gradient run on the CPU although the model is on the GPU; 'yes' for none. */
function gpuSupport(plain: readonly Graph[], provider: 'cuda' | 'webgpu'): string {
  const graphs = plain.map((graph) => lowerGradient(graph, provider));
  const ops = opsOf(graphs);
  const unable = provider === 'webgpu' ? graphs.flatMap(nodesForCpu).map(({ what }) => what) : [];
  const list = [...providers[provider].host.filter((op) => ops.has(op)), ...new Set(unable)];
  return list.length === 0 ? 'yes' : `but ${list.join(', ')}`;
}

/** Lists the attributes that the samples of an operator set, with the number of values of each. */
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

/** Lists the older versions of an operator whose upgrade is tested against ONNX Runtime. */
function olderVersions(op: Op): string {
  const defined = versions[op] ?? [];
  const newest = defined.filter((version) => version <= 18).at(-1) ?? defined[0];
  const tested = cases
    .filter((one) => one.op === op && (one.domain ?? '') === '')
    .map(({ opset }) => defined.filter((version) => version <= opset).at(-1) ?? 0);
  return [...new Set(tested)]
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
    olderVersions(op),
    gradientOf(op),
    attributesOf(op),
    `${list.length}`,
    smooth === 0 ? '' : `${smooth}`,
    `${nodeTests[op] ?? ''}`,
    gpuSupport(graphs, 'cuda'),
    gpuSupport(graphs, 'webgpu'),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Lists the operators of a domain that the canonical form decomposes. */
const decomposed = (domain: string): string =>
  Object.keys(opRewrites[domain] ?? {})
    .filter((op) => !isOp(op, domain))
    .sort()
    .join(', ');

/** Operators on sequences and optional values, which constant folding replaces. */
const SEQUENCES = [
  'ConcatFromSequence', 'Optional', 'OptionalGetElement', 'OptionalHasElement', 'SequenceAt', 'SequenceConstruct', 'SequenceEmpty',
  'SequenceErase', 'SequenceInsert', 'SequenceLength', 'SplitToSequence',
]; // biome-ignore format: one family

/** Standard operators without a rule, by the reason. */
const WITHOUT_RULE: Readonly<Record<string, readonly string[]>> = {
  'they have no input of floats': [
    'ImageDecoder', 'RegexFullMatch', 'StringConcat', 'StringNormalizer', 'StringSplit', 'TfIdfVectorizer',
  ],
  'they compute with integers; `--rules straight-through` differentiates them': [
    'ConvInteger', 'DynamicQuantizeLinear', 'MatMulInteger', 'QLinearConv', 'QLinearMatMul',
  ],
  'its inner graph runs for each member of a sequence, and is not unrolled': ['SequenceMap'],
}; // biome-ignore format: one family

/** Lists the standard operators without a rule. Throws where an operator of the standard is in no table and not in WITHOUT_RULE. */
function withoutRule(): string {
  const listed = new Set([
    ...Object.keys(opRewrites['']),
    ...SEQUENCES,
    ...Object.values(WITHOUT_RULE).flat(),
    'ReverseSequence',
  ]);
  const forgotten = Object.keys(versions).filter((op) => !isOp(op, '') && !listed.has(op));
  if (forgotten.length > 0)
    throw new Error(`neither in the tables nor in WITHOUT_RULE: ${forgotten.join(', ')}`);
  return Object.entries(WITHOUT_RULE)
    .map(([why, ops]) => `- ${ops.join(', ')}: ${why}.`)
    .join('\n');
}

const count = (status: string): number => OPS.filter((op) => gradientOf(op).startsWith(status)).length;

/** The explanation of the columns. */
function legend(): string {
  return `# Coverage

\`scripts/coverage.ts\` writes this page from the compiler's tables; \`test/coverage.test.ts\` checks that it is up to date.

${OPS.length} operators have a row in every table (inference, interpreter, gradient): ${count('rule')} with a rule, ${count('zero')} whose derivative is zero
wherever it exists, ${count('refused')} refused with a reason. Rules emit only these operators, so that gradients can be differentiated again.

- **since**: the first opset that defines the operator. Later opsets up to 26 are accepted; older versions of an operator are upgraded first.
- **old versions**: older versions whose upgrade is tested against ONNX Runtime.
- **attributes**: the attributes that the samples set, with the number of values of each.
- **samples**: graphs of one node on which the interpreter agrees with ONNX Runtime. Their gradient graphs are compared with it too.
- **smooth**: samples whose first and second derivatives agree with central differences in float64.
- **node tests**: ONNX's own tests of this operator that the interpreter passes.
- **CUDA**, **WebGPU**: "yes" if ONNX Runtime has a GPU kernel for the operator and for every operator in its gradient on the samples; "but"
  lists those that run on the CPU instead. On WebGPU, arithmetic of 64-bit integers and floats also runs on the CPU. Kernels are those
  registered in ONNX Runtime 1.29 (CUDA) and 1.30 (WebGPU). Limits of attributes count where
  \`packages/runtime/src/providers/webgpu.ts\` has them.

Random graphs test the rules in combination (\`packages/graph/test/random-graphs.test.ts\`). Derivatives at kinks and ties are in
\`packages/graph/SUBGRADIENTS.md\`.
`;
}

/** The table of operators. */
function table(): string {
  return `| operator | since | old versions | gradient | attributes | samples | smooth | node tests | CUDA | WebGPU |
|---|---|---|---|---|---|---|---|---|---|
${OPS.map(row).join('\n')}
`;
}

/** Differences between ONNX Runtime and the standard. */
function differences(): string {
  return `ONNX Runtime 1.29 does not run these on the CPU: RoiAlign, MaxRoiPool and random numbers of opset 22 (unchanged from the version before),
MaxRoiPool of other types than float32, cubic GridSample over three axes, and DeformConv over three axes. The interpreter and the rules accept all
of them but the last.

ONNX Runtime differs from the standard, which the interpreter follows, for an inverse DFT of a one-sided spectrum (\`inverse\`, \`onesided\`) with
more than half the elements, and for the STFT of complex signals with a window.
`;
}

/** The operators that the canonical form decomposes. */
function decomposition(): string {
  return `## Accepted by decomposition

The canonical form decomposes these operators into those of the table.

- ai.onnx: ${decomposed('')}, ReverseSequence
- com.microsoft: ${decomposed('com.microsoft')}
- ai.onnx.ml: ${decomposed('ai.onnx.ml')}

Sequences and optional values (${SEQUENCES.join(', ')}) are replaced by their tensors where lengths and positions are known when the graph is compiled. A
Loop is unrolled where the number of iterations is known. Other Loops stay; their gradient runs the loop again, records the state before every
iteration, and goes backward by a Scan.
`;
}

/** The operators without a rule. */
function remainder(): string {
  return `## Not differentiated

These standard operators up to opset 26, the newest that ONNX Runtime 1.29 opens, have no rule. They are treated as operators of other domains are: they
run, but on a path from the output to an input of the gradient they are refused by name.

${withoutRule()}
- Sequences and optional values whose lengths or positions are known only when the graph runs.
- Attention with a window, with a cache and a causal mask, with key lengths, or with \`qk_matmul_output\`; LpPool with \`ceil_mode\`.
- SVMClassifier with probabilities, which ONNX Runtime finds by an iteration that it ends early; SVMRegressor with \`one_class\`, which gives 1 or -1;
  MatMulNBits with \`g_idx\` or with weights that the graph computes.
- A Loop that is not unrolled and carries a value whose shape changes between iterations (a list that grows).
- QuantizeLinear; its row in the table gives the reason.
`;
}

/** The page. */
export function coveragePage(): string {
  return [legend(), table(), differences(), decomposition(), remainder()].join('\n');
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(root, 'COVERAGE.md'), coveragePage());
