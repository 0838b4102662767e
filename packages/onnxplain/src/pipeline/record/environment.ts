import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { RunRecord } from '@onnxplain/report';
import type { Model } from '@onnxplain/runtime';

/** Returns the versions and the providers of this process in the form of the record. */
export function environmentOf(model: Model): RunRecord['environment'] {
  const refused = Object.entries(model.refused).map(([name, reason]) => ({ name, available: false, reason }));
  return {
    onnxplain: version,
    onnxruntime: runtimeVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    device: model.device,
    providers: [{ name: model.device, available: true }, ...refused],
  };
}

/** This package's version. */
export const version: string = versionIn(new URL('../../../package.json', import.meta.url));

/** The version of the ONNX Runtime that the runtime package uses. */
function runtimeVersion(): string {
  const ours = createRequire(import.meta.url);
  const theirs = createRequire(ours.resolve('@onnxplain/runtime'));
  return versionIn(theirs.resolve('onnxruntime-node/package.json'));
}

function versionIn(file: URL | string): string {
  return String(JSON.parse(readFileSync(file, 'utf8')).version);
}
