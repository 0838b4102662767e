import { fail } from '@onnxplain/core';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes the text of an attribute or a string tensor. Throws `model-unsupported` for bytes that are not UTF-8. */
export function decodeText(bytes: Uint8Array, where: string): string {
  try {
    return strict.decode(bytes);
  } catch (cause) {
    return fail(
      {
        code: 'model-unsupported',
        where,
        expected: 'text in UTF-8',
        got: `${bytes.length} bytes that are not UTF-8`,
      },
      { cause },
    );
  }
}
