import type { RunRecord } from '@onnxplain/report';
import { type Model, onnxRuntimeVersion } from '@onnxplain/runtime';
import { version } from '../../version.js';

/** Returns the versions and the providers of this process in the form of the record. */
export function environmentOf(model: Model): RunRecord['environment'] {
  const refused = Object.entries(model.refused).map(([name, reason]) => ({ name, available: false, reason }));
  return {
    onnxplain: version,
    onnxruntime: onnxRuntimeVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    device: model.device,
    providers: [{ name: model.device, available: true }, ...refused],
  };
}
