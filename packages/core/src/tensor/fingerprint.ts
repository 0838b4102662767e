import type { Tensor } from './tensor.js';

/** Eight hexadecimal digits that depend on every byte of the data (32-bit FNV-1a): tells tensors apart in a record. */
export function fingerprint({ data }: Tensor): string {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
