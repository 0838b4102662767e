import { fail } from '@onnxplain/core';
import { type Constant, emptyGraph, type Graph, type Node, write } from '@onnxplain/graph';
import { type Device, openSession, reason, type Session } from '../session/session.js';

/** Whether a provider works here, found out by running a small model on it. */
export interface ProviderReport {
  readonly device: Device;
  readonly available: boolean;
  /** Why not, in the runtime's own words. */
  readonly reason?: string;
  /** What would make it available. */
  readonly remedy?: string;
}

const devices = ['cuda', 'webgpu', 'cpu'] as const satisfies readonly Device[];

const remedies: Readonly<Record<Device, string>> = {
  cuda:
    'Needs Linux x64, an NVIDIA driver, CUDA, cuDNN and the CUDA provider library of the same ONNX Runtime version beside ' +
    "onnxruntime-node's libonnxruntime; run its install script, or use device 'cpu'.",
  webgpu: "Needs a Vulkan, Metal or Direct3D 12 driver that lists an adapter; or use device 'cpu'.",
  cpu: 'Reinstall onnxruntime-node: its native library does not load here.',
};

const reports = new Map<Device, Promise<ProviderReport>>();

/**
 * All providers, each tried once per process with a convolution and a matrix product; a refusal carries its
 * reason.
 */
export async function probe(): Promise<readonly ProviderReport[]> {
  const found: ProviderReport[] = [];
  for (const device of devices) found.push(await probeDevice(device));
  return found;
}

/** One provider, tried at most once per process. */
export function probeDevice(device: Device): Promise<ProviderReport> {
  const known = reports.get(device) ?? tryDevice(device);
  reports.set(device, known);
  return known;
}

/** The device to use and the reasons why others were not. */
export interface DevicePlacement {
  readonly device: Device;
  /** Why a provider was not used, by provider; empty when the one asked for works. */
  readonly refused: Readonly<Partial<Record<Device, string>>>;
}

/**
 * Settles a requested device: 'auto' takes CUDA where it works, else the CPU, and never WebGPU, which is for
 * the asking. Throws `provider-unavailable` when a device asked for by name does not work.
 */
export async function place(device: Device | 'auto'): Promise<DevicePlacement> {
  if (device === 'cpu') return { device, refused: {} };
  const report = await probeDevice(device === 'auto' ? 'cuda' : device);
  if (report.available) return { device: report.device, refused: {} };
  if (device === 'auto') return { device: 'cpu', refused: { cuda: report.reason } };
  return fail({
    code: 'provider-unavailable',
    where: `device '${device}'`,
    expected: 'a provider that runs a small model',
    got: `"${report.reason}"`,
    remedy: report.remedy,
  });
}

async function tryDevice(device: Device): Promise<ProviderReport> {
  let session: Session | undefined;
  try {
    session = await openSession(write(trial), { device, threads: 1, name: `provider ${device}` });
    const x = { dtype: 'float32', dims: [1, 1, 2, 2], data: Float32Array.of(1, 2, 3, 4) } as const;
    const { y } = await session.run({ x });
    const expected = [4, 8, 12, 16];
    const wrong = expected.some((value, i) => Number(y.data[i]) !== value);
    if (wrong)
      return refusal(
        device,
        `computed [${Array.from<unknown>(y.data).join(', ')}] for [${expected.join(', ')}]`,
      );
    return { device, available: true };
  } catch (error) {
    return refusal(device, reason(error instanceof Error ? (error.cause ?? error) : error));
  } finally {
    await session?.release();
  }
}

function refusal(device: Device, why: string): ProviderReport {
  return { device, available: false, reason: why, remedy: remedies[device] };
}

const doubling: Constant = { dtype: 'float32', dims: [1, 1, 1, 1], data: Float32Array.of(2) };
const doublingMatrix: Constant = { dtype: 'float32', dims: [2, 2], data: Float32Array.of(2, 0, 0, 2) };

/** Conv then MatMul, each doubling: loads the convolution and matrix libraries of a provider. */
const trial: Graph = {
  ...emptyGraph({ '': 17 }),
  name: 'trial',
  inputs: [{ name: 'x', dtype: 'float32', dims: [1, 1, 2, 2] }],
  outputs: [{ name: 'y', dtype: 'float32', dims: [1, 1, 2, 2] }],
  constants: new Map([
    ['kernel', doubling],
    ['matrix', doublingMatrix],
  ]),
  nodes: [node('Conv', ['x', 'kernel'], 'h'), node('MatMul', ['h', 'matrix'], 'y')],
};

function node(op: string, inputs: readonly string[], output: string): Node {
  return { op, domain: '', name: output, inputs, outputs: [output], attributes: {} };
}
