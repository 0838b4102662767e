import { createHash } from 'node:crypto';
import type { Tensor } from '@onnxplain/core';
import { readBytes, readNpy } from '@onnxplain/files';
import type { FileRecord } from '@onnxplain/report';

/** Weights of the sums of a target, and where they came from. */
export interface TargetMask {
  readonly weights: Tensor;
  readonly record: FileRecord;
}

/** The mask in a .npy file, of numbers or booleans. Throws `file-*`. */
export async function readMask(file: string): Promise<TargetMask> {
  const bytes = await readBytes(file);
  const { tensor } = readNpy(bytes, file);
  return { weights: tensor, record: { file, sha256: createHash('sha256').update(bytes).digest('hex') } };
}
