/** Counts the source files that a call passes from `evaluate` to the run in ONNX Runtime, in the stacks of real calls. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type Explainer, evaluate, gradient, prepare, type Tensor } from 'onnxplain';
import { main, tables } from 'onnxplain/pipeline';
import { InferenceSession } from 'onnxruntime-node';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';

const MOST = 12;
const model = join(import.meta.dirname, '../models/mnist-cnn.onnx');
const digit = join(import.meta.dirname, '../models/digits/7.png');
const METRIC = 'infidelity(square(9), draws=4)';

/** Returns the source files of packages on the current stack, the innermost first, with those of awaiting calls. */
function filesOnStack(): readonly string[] {
  const lines = new Error('stack').stack?.split('\n') ?? [];
  const files = lines.flatMap((line) => /(packages\/[^/]+\/src\/[^:)?]+)/.exec(line)?.[1] ?? []);
  return [...new Set(files)];
}

let limit: number;
beforeEach(() => {
  limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
});
afterEach(() => {
  Error.stackTraceLimit = limit;
  vi.restoreAllMocks();
});

interface CallPath {
  /** The files from a call of `evaluate` to the score, whose own file comes next. */
  readonly toScore: Set<string>;
  /** The files from the score's queue to the native run. */
  readonly toRun: Set<string>;
}

const SCORE = 'packages/runtime/src/score/score.ts';
const filesOf = ({ toScore, toRun }: CallPath): readonly string[] => [
  ...new Set([...toScore, SCORE, ...toRun]),
];

/** Returns an explainer like `gradient` that records the files on the stack when the gradient is computed. */
function watchedGradient({ toScore }: CallPath): Explainer {
  const explain = gradient();
  const watched = (...[f, x, key]: Parameters<Explainer>) => {
    const noting = (rows: Tensor) => {
      for (const file of filesOnStack()) toScore.add(file);
      return f.gradient(rows);
    };
    return explain({ ...f, gradient: noting }, x, key);
  };
  return Object.assign(watched, { expression: explain.expression, kind: explain.kind });
}

/** Records the files on the stack whenever ONNX Runtime runs. */
async function watchNativeRuns({ toRun }: CallPath): Promise<void> {
  const session = await InferenceSession.create(model);
  await session.release();
  const prototype: InferenceSession = Object.getPrototypeOf(session);
  const { run } = prototype;
  vi.spyOn(prototype, 'run').mockImplementation(function (
    this: InferenceSession,
    ...given: Parameters<InferenceSession['run']>
  ) {
    for (const file of filesOnStack()) toRun.add(file);
    return Reflect.apply(run, this, given);
  });
}

const startPath = (): CallPath => ({ toScore: new Set(), toRun: new Set() });

test(`from evaluate to the native run a call passes at most ${MOST} files`, async () => {
  const path = startPath();
  await using prepared = await prepare(model, { inputs: [digit], device: 'cpu' });
  await watchNativeRuns(path);
  await evaluate(prepared, { explainers: [watchedGradient(path)], metrics: [METRIC] });
  expect([...path.toScore]).toEqual(
    expect.arrayContaining([
      'packages/explainers/src/gradient.ts',
      'packages/onnxplain/src/library/evaluate.ts',
    ]),
  );
  expect([...path.toRun]).toContain('packages/runtime/src/session/session.ts');
  const files = filesOf(path);
  expect(files.length, files.join('\n')).toBeLessThanOrEqual(MOST);
});

test(`from the main function of the command line to the native run a call passes at most ${MOST} files`, async () => {
  const path = startPath();
  const out = mkdtempSync(join(tmpdir(), 'call-path-'));
  onTestFinished(() => rmSync(out, { recursive: true }));
  await watchNativeRuns(path);
  vi.spyOn(tables.explainer.gradient, 'make').mockImplementation(() => watchedGradient(path));
  const argv = [
    'evaluate',
    model,
    '--input',
    digit,
    '--explainer',
    'gradient',
    '--metric',
    METRIC,
    '-o',
    out,
  ];
  const streams = { out: new PassThrough(), err: new PassThrough() };
  expect(await main([...argv, '--quiet', '--device', 'cpu'], streams)).toBe(0);
  expect([...path.toScore]).toContain('packages/onnxplain/src/cli/evaluate.ts');
  expect([...path.toRun]).toContain('packages/runtime/src/session/session.ts');
  const files = filesOf(path);
  expect(files.length, files.join('\n')).toBeLessThanOrEqual(MOST);
});
