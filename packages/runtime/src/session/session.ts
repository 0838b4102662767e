import { availableParallelism } from 'node:os';
import { fail, ownOf } from '@onnxplain/core';
import type { Constant, ConstantData, DataType } from '@onnxplain/graph';
import type * as ort from 'onnxruntime-node';
import { errorText } from './error-text.js';
import { type OnnxRuntime, onnxRuntime } from './onnxruntime.js';
import { runError } from './run-error.js';
import type { Arrays, Port } from './value.js';

export type Device = 'cpu' | 'cuda' | 'webgpu';

export interface SessionOptions {
  readonly device?: Device;
  /** Threads inside one operator; default: all cores. */
  readonly threads?: number;
  /** Microseconds for which a thread waits for the next operator before it sleeps; default 0. */
  readonly spin?: number;
  /** External data of a model that is opened from bytes, by the locations that the model names. */
  readonly external?: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Names of nodes that WebGPU must leave to the CPU. */
  readonly cpuNodes?: readonly string[];
  /** The name of the model in errors. */
  readonly name?: string;
}

/**
 * An opened model. A run is native code on the calling thread and blocks the event loop.
 */
export interface Session {
  readonly inputs: readonly Port[];
  /** Outputs that are tensors; sequences and maps cannot be fetched. */
  readonly outputs: readonly Port[];
  /** Seconds that the native code of all runs has taken so far. */
  readonly seconds: number;
  /**
   * Reads feeds without a copy when the run starts: do not change them until the promise settles. Results are
   * new arrays. Timers and I/O are handled before every run. A run cannot be stopped. Throws
   * `run-failed` with ONNX Runtime's own error as cause, `closed` after release.
   */
  run(feeds: Arrays, outputs?: readonly string[]): Promise<Arrays>;
  /** Frees the native memory; a second release does nothing. */
  release(): Promise<void>;
}

let totalSeconds = 0;

/** Returns the seconds that the runs of all sessions of this process have taken. */
export function ortSeconds(): number {
  return totalSeconds;
}

function providerOf({
  device = 'cpu',
  cpuNodes = [],
}: SessionOptions): ort.InferenceSession.ExecutionProviderConfig {
  if (device !== 'webgpu') return device;
  // The default layout NHWC computes some convolutions wrongly (ONNX Runtime 1.29 and 1.30, input channels 6, 9, ...).
  const webgpu: WebGpuProvider = { name: device, preferredLayout: 'NCHW' };
  // ONNX Runtime refuses an empty list.
  return cpuNodes.length === 0 ? webgpu : { ...webgpu, forceCpuNodeNames: cpuNodes };
}

/** Adds an option that only the types of onnxruntime-web declare. */
type WebGpuProvider = ort.InferenceSession.WebGpuExecutionProviderOption & {
  readonly forceCpuNodeNames?: readonly string[];
};

/**
 * Opens a model, from the bytes of an .onnx file or from its path (which lets the runtime find external data
 * beside it). Throws `session-failed` with ONNX Runtime's own error as cause, and what {@link onnxRuntime} throws.
 */
export async function openSession(
  model: Uint8Array | string,
  options: SessionOptions = {},
): Promise<Session> {
  const { device = 'cpu', name = 'the model' } = options;
  const settings = settingsOf(options);
  const runtime = await onnxRuntime();
  const { InferenceSession, env } = runtime;
  try {
    // `create` is overloaded: a union of path and bytes fits neither signature.
    const native =
      typeof model === 'string'
        ? await InferenceSession.create(model, settings)
        : await InferenceSession.create(model, settings);
    return sessionOf({ runtime, native, name });
  } catch (cause) {
    const expected = `a model that ONNX Runtime ${env.versions.node} can open on ${device}`;
    return fail({ code: 'session-failed', where: name, expected, got: `"${errorText(cause)}"` }, { cause });
  }
}

/** Without these settings, threads of idle sessions would spin for long and occupy the cores. */
function spinning(microseconds: number): Readonly<Record<string, string>> {
  if (microseconds === 0) return { allow_spinning: '0' };
  return { allow_spinning: '1', spin_duration_us: `${microseconds}` };
}

function settingsOf(options: SessionOptions): ort.InferenceSession.SessionOptions {
  const { device = 'cpu', threads = availableParallelism(), spin = 0, external = [] } = options;
  return {
    executionProviders: [providerOf(options)],
    intraOpNumThreads: threads,
    // On WebGPU (ONNX Runtime 1.29), a convolution may run the shader of another one with a fused activation. 'basic' fuses none.
    graphOptimizationLevel: device === 'webgpu' ? 'basic' : 'all',
    logSeverityLevel: 4,
    externalData: [...external],
    extra: { session: { intra_op: spinning(spin), inter_op: spinning(0) } },
  };
}

interface Opened {
  readonly runtime: OnnxRuntime;
  readonly native: ort.InferenceSession;
  /** The name of the model in errors. */
  readonly name: string;
}

interface State extends Opened {
  readonly pendingRuns: Set<Promise<unknown>>;
  seconds: number;
  released: boolean;
}

function sessionOf(opened: Opened): Session {
  const { native } = opened;
  const state: State = { ...opened, pendingRuns: new Set(), seconds: 0, released: false };
  const outputs = ports(native.outputMetadata);
  const all = outputs.map((port) => port.name);
  return {
    inputs: ports(native.inputMetadata),
    outputs,
    get seconds() {
      return state.seconds;
    },
    run: (feeds, wanted = all) => run(state, feeds, wanted),
    release: () => release(state),
  };
}

async function run(state: State, feeds: Arrays, wanted: readonly string[]): Promise<Arrays> {
  const { runtime, native, name: where, pendingRuns, released } = state;
  if (released) fail({ code: 'closed', where, expected: 'an open session', got: 'a released one' });
  const fed = Object.fromEntries(
    Object.entries(feeds).map(([key, value]) => [key, toNative(runtime, value)]),
  );
  const seconds = stopwatch();
  try {
    const running = native.run(fed, wanted);
    pendingRuns.add(running);
    const results = await running.finally(() => pendingRuns.delete(running));
    return Object.fromEntries(wanted.map((key) => [key, fromNative(ownOf(results, key))]));
  } catch (cause) {
    return fail(
      { code: 'run-failed', where, expected: 'a run without error', ...runError(cause) },
      { cause },
    );
  } finally {
    const spent = seconds();
    state.seconds += spent;
    totalSeconds += spent;
  }
}

/** Starts a clock for the native call that comes next. Returns a function that reads it. */
function stopwatch(): () => number {
  let begin = performance.now();
  // The native call waits for the next setImmediate turn. This callback is queued just before it and starts the clock.
  setImmediate(() => {
    begin = performance.now();
  });
  return () => (performance.now() - begin) / 1000;
}

async function release(state: State): Promise<void> {
  if (state.released) return;
  state.released = true;
  // Runs that have not finished need the session.
  await Promise.allSettled(state.pendingRuns);
  await state.native.release();
}

function ports(metadata: readonly ort.InferenceSession.ValueMetadata[]): Port[] {
  return metadata.flatMap((entry) =>
    entry.isTensor ? [{ name: entry.name, dtype: entry.type as DataType, dims: entry.shape }] : [],
  );
}

// Where the engine has Float16Array, onnxruntime-common requires it. This package keeps float16 as bits.
const NativeFloat16Array:
  | (new (
      buffer: ArrayBufferLike,
      offset: number,
      length: number,
    ) => ort.Tensor.DataType)
  | undefined = Reflect.get(globalThis, 'Float16Array');

function toNative({ Tensor }: OnnxRuntime, { dtype, dims, data }: Constant): ort.Tensor {
  const native =
    dtype === 'float16' && NativeFloat16Array !== undefined && data instanceof Uint16Array
      ? new NativeFloat16Array(data.buffer, data.byteOffset, data.length)
      : (data as ort.Tensor.DataType);
  return new Tensor(dtype as ort.Tensor.Type, native, dims);
}

function fromNative(result: ort.Tensor): Constant {
  const data = result.data as ConstantData;
  const dtype = result.type as DataType;
  const plain =
    dtype === 'float16' && ArrayBuffer.isView(data) && !(data instanceof Uint16Array)
      ? new Uint16Array(data.buffer, data.byteOffset, data.length)
      : data;
  return { dtype, dims: result.dims, data: plain };
}
