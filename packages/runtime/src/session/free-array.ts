import { MessageChannel } from 'node:worker_threads';

/** Arrays of fewer bytes are left to the garbage collector: freeing them takes longer than it saves. */
const LEAST_BYTES = 2 ** 13;

const { port1: closedPort } = new MessageChannel();
closedPort.close();

/**
 * Frees the memory of an array at once. The caller must be the only one that has the array and its buffer: both are empty afterwards. V8
 * frees arrays of which nothing is known any more when they take tens of MiB; until then every run gets new memory from the system, which
 * takes longer than to use the same memory again.
 *
 * A message to a port takes the buffers of its transfer list from the sender, and a closed port drops them (HTML standard, 9.4.4). Node 22
 * has `ArrayBuffer.prototype.transfer` for this, Node 20 has not.
 */
export function freeArray({ buffer, byteLength }: Float32Array | Float64Array | Uint8Array): void {
  if (byteLength >= LEAST_BYTES && buffer instanceof ArrayBuffer) closedPort.postMessage(undefined, [buffer]);
}
