import { readFile, stat } from 'node:fs/promises';
import { type Diagnosis, fail, OnnxplainError, own } from '@onnxplain/core';

const URL_LIKE = /^[a-z][a-z0-9+.-]+:\/\//i;

type Refusal = Pick<Diagnosis, 'code' | 'got' | 'remedy'>;

const missing: Refusal = { code: 'file-missing', got: 'no file of that name' };
const forbidden: Refusal = { code: 'file-unreadable', got: 'no permission to read it' };

/** Reading a pipe or a device may never end. */
const special: Refusal = {
  code: 'file-unreadable',
  got: 'a pipe, a device or a socket',
  remedy: 'Write the model to a file first, and name that file.',
};

/** Errors for Node's codes of a file that cannot be read. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  ENOENT: missing,
  ENOTDIR: missing,
  EACCES: forbidden,
  EPERM: forbidden,
  EISDIR: { code: 'file-unreadable', got: 'a directory', remedy: 'Name the .onnx file in it.' },
  ERR_FS_FILE_TOO_LARGE: {
    code: 'model-limit',
    got: 'more than 2 GiB',
    remedy: 'Export the model with its weights as external data.',
  },
};

/**
 * Reads the bytes of a model file. Throws `file-missing`, `file-unreadable` (directories, permissions, URLs) or
 * `model-limit` (2 GiB).
 */
export async function readModelFile(path: string): Promise<Uint8Array> {
  if (URL_LIKE.test(path)) {
    const remedy = 'Download it first and give the path of the file.';
    return refuse(path, { code: 'file-unreadable', got: 'a URL', remedy });
  }
  try {
    const stats = await stat(path);
    if (!stats.isFile() && !stats.isDirectory()) return refuse(path, special);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof OnnxplainError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    return refuse(path, own(REFUSALS, code) ?? { code: 'file-unreadable', got: String(cause) }, cause);
  }
}

function refuse(path: string, refusal: Refusal, cause?: unknown): never {
  return fail({ where: path || '""', expected: 'a readable .onnx file', ...refusal }, { cause });
}
