import { createHash } from 'node:crypto';
import { readBytes, readNpy } from '@onnxplain/files';
import type { TargetMask } from './arrays.js';

/** Reads a mask from a .npy file of numbers or booleans. Throws `file-*`. */
export async function readMask(path: string): Promise<TargetMask> {
  const bytes = await readBytes(path);
  const { tensor } = readNpy(bytes, path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { weights: tensor, file: { file: path, sha256 } };
}
