import { fail } from '@onnxplain/core';
import { type Constant, emptyGraph, type Graph, type Node, write } from '@onnxplain/graph';
import { errorText } from '../session/error-text.js';
import { type Device, openSession, type Session } from '../session/session.js';

/** Whether a provider works on this machine. A small model was run on it to find out. */
export interface ProviderReport {
  readonly device: Device;
  readonly available: boolean;
  /** The runtime's message where it does not work. */
  readonly reason?: string;
  /** What to do to make it available. */
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
 * Tries all providers with a convolution and a matrix product, each at most once a process. The report of one that fails has the reason.
 */
export async function probe(): Promise<readonly ProviderReport[]> {
  const found: ProviderReport[] = [];
  for (const device of devices) found.push(await probeDevice(device));
  return found;
}

/** Tries one provider, at most once a process. */
export function probeDevice(device: Device): Promise<ProviderReport> {
  const known = reports.get(device) ?? tryDevice(device);
  reports.set(device, known);
  return known;
}

/** The device to use, and why others are not used. */
export interface DeviceChoice {
  readonly device: Device;
  /** Why a provider was not used, by provider; empty when the one asked for works. */
  readonly refused: Readonly<Partial<Record<Device, string>>>;
}

/**
 * Chooses the device. 'auto' takes CUDA where it works, else the CPU; WebGPU is used only where the caller names it. Throws
 * `provider-unavailable` where a device that the caller names does not work.
 */
export async function chooseDevice(device: Device | 'auto'): Promise<DeviceChoice> {
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
    session = await openSession(write(probeGraph), { device, threads: 1, name: `provider ${device}` });
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
    return refusal(device, errorText(error instanceof Error ? (error.cause ?? error) : error));
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
const probeGraph: Graph = {
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
