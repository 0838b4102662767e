/** Loads the application's onnxruntime-node. It is the only file that imports it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Diagnosis, fail, OnnxplainError } from '@onnxplain/core';
import { copiesOf, missing, use, usedRuntime } from './used-runtime.js';

export type OnnxRuntime = typeof import('onnxruntime-node');

/**
 * Returns the ONNX Runtime of this process. The first call loads the application's onnxruntime-node, unless one was handed in. Throws
 * `runtime-missing` and `runtime-copies`.
 */
export async function onnxRuntime(): Promise<OnnxRuntime> {
  // What is handed in is what `import` of onnxruntime-node gives.
  return (usedRuntime() ?? use(await load())) as OnnxRuntime;
}

async function load(): Promise<OnnxRuntime> {
  const others = loadedLibraries();
  const own = ownPackage();
  const foreign = others.find((library) => packageOf(library) !== own);
  // On some systems two versions in one process crash; on others the second one does not load.
  if (own !== undefined && foreign !== undefined && versionIn(own) !== versionIn(packageOf(foreign))) {
    fail(copiesOf(describe(packageOf(foreign)), describe(own)));
  }
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new OnnxplainError(diagnosisOf(cause, { own, foreign }), { cause });
  }
}

function diagnosisOf(
  cause: unknown,
  { own, foreign }: { readonly own: string | undefined; readonly foreign: string | undefined },
): Diagnosis {
  if (foreign !== undefined) {
    return copiesOf(describe(packageOf(foreign)), own === undefined ? 'another one' : describe(own));
  }
  const { code, message }: Partial<NodeJS.ErrnoException> = cause instanceof Error ? cause : {};
  const absent = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  return missing(absent ? 'none that is installed' : `one that does not load here: "${message}"`);
}

/** Returns the paths of the native libraries of onnxruntime-node that this thread has loaded, by whomever. */
function loadedLibraries(): readonly string[] {
  const { cache } = createRequire(process.execPath);
  return Object.keys(cache).filter((path) => path.endsWith('onnxruntime_binding.node'));
}

/** A library lies in PACKAGE/bin/napi-v6/PLATFORM/ARCHITECTURE. */
const packageOf = (library: string): string => join(library, '../../../../..');

/** Returns the folder of the onnxruntime-node that an import of this file finds; undefined where there is none. */
function ownPackage(): string | undefined {
  try {
    return join(createRequire(import.meta.url).resolve('onnxruntime-node'), '../..');
  } catch {
    return undefined;
  }
}

const describe = (folder: string): string => `onnxruntime-node ${versionIn(folder) ?? ''} in ${folder}`;

function versionIn(folder: string): string | undefined {
  try {
    return String(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version);
  } catch {
    return undefined;
  }
}
