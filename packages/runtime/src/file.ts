import { readFile, stat } from 'node:fs/promises';
import { type ErrorCode, fail, OnnxplainError } from '@onnxplain/core';

const urlLike = /^[a-z][a-z0-9+.-]+:\/\//i;

/**
 * Bytes of a model file. Throws `file-missing`, `file-unreadable` (directories, permissions, URLs) or
 * `model-limit` (2 GiB).
 */
export async function readModelFile(path: string): Promise<Uint8Array> {
  const refuse = (code: ErrorCode, got: string, remedy?: string, cause?: unknown): never =>
    fail(
      { code, where: path === '' ? '""' : path, expected: 'a readable .onnx file', got, remedy },
      { cause },
    );

  if (urlLike.test(path))
    return refuse('file-unreadable', 'a URL', 'Download it first and give the path of the file.');
  try {
    const about = await stat(path);
    if (about.isDirectory()) return refuse('file-unreadable', 'a directory', 'Name the .onnx file in it.');
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof OnnxplainError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return refuse('file-missing', 'no file of that name', undefined, cause);
    if (code === 'ERR_FS_FILE_TOO_LARGE') {
      return refuse(
        'model-limit',
        'more than 2 GiB',
        'Export the model with its weights as external data.',
        cause,
      );
    }
    if (code === 'EACCES' || code === 'EPERM')
      return refuse('file-unreadable', 'no permission to read it', undefined, cause);
    return refuse('file-unreadable', String(cause), undefined, cause);
  }
}
