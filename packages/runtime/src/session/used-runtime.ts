import { type Diagnosis, fail } from '@onnxplain/core';

/** What an application hands in: its import of onnxruntime-node, whose types are not used here because they need those of a browser. */
export interface LoadedRuntime {
  readonly InferenceSession: unknown;
  readonly Tensor: unknown;
  readonly env: { logLevel?: string; readonly versions: { readonly node?: string } };
}

/** Versions of onnxruntime-node that the peer dependency allows; the tests ran on the first and on the last. */
const TESTED_RANGE = '>=1.29.0 <1.31.0';

let used: LoadedRuntime | undefined;

/** Returns the ONNX Runtime that this process uses; undefined before it is loaded or handed in. */
export const usedRuntime = (): LoadedRuntime | undefined => used;

/**
 * Gives onnxplain the ONNX Runtime that the application has loaded, where its own import would find another copy. Call it before the first
 * model is opened. Throws `runtime-copies` where onnxplain already uses another one.
 */
export function useOnnxRuntime(runtime: LoadedRuntime): void {
  use(runtime);
}

export function use(runtime: LoadedRuntime): LoadedRuntime {
  if (used !== undefined && used.InferenceSession !== runtime.InferenceSession) {
    fail(copiesOf(`onnxruntime-node ${versionOf(used)}`, `onnxruntime-node ${versionOf(runtime)}`));
  }
  // Errors reach the caller as exceptions. ONNX Runtime should not print them too.
  runtime.env.logLevel = 'fatal';
  used = runtime;
  return runtime;
}

/** Returns the version of the ONNX Runtime of this process. Throws `runtime-missing` before a model was opened. */
export function onnxRuntimeVersion(): string {
  return used === undefined ? fail(missing('none that is loaded')) : versionOf(used);
}

const versionOf = ({ env }: LoadedRuntime): string => env.versions.node ?? 'of unknown version';

export const missing = (got: string): Diagnosis => ({
  code: 'runtime-missing',
  where: 'ONNX Runtime',
  expected: `onnxruntime-node ${TESTED_RANGE}`,
  got,
  remedy: 'Install it beside onnxplain: npm install onnxruntime-node@1.30.0',
});

export const copiesOf = (first: string, second: string): Diagnosis => ({
  code: 'runtime-copies',
  where: 'ONNX Runtime',
  expected: 'one onnxruntime-node in the process',
  got: `${first}, which was loaded before, and ${second}`,
  remedy:
    'Install one version for the whole application (`npm ls onnxruntime-node` shows who asks for which), or hand yours to ' +
    'useOnnxRuntime of onnxplain/runtime before the first model is opened.',
});
