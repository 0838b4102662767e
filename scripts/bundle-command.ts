/**
 * Bundles the command line into packages/onnxplain/dist/bin. Reading its thousand modules one by one takes half a second at each start. Run by
 * `pnpm build`, after tsc.
 */
import { join } from 'node:path';
import { build, type OutputChunk } from 'rolldown';

/** Bundles the built command line of the package `onnxplain` into a folder, which is emptied before. What one command alone needs is in files of its own. */
export async function bundleCommand(dist: string, folder: string): Promise<readonly OutputChunk[]> {
  const { output } = await build({
    input: { main: join(dist, 'cli/main.js'), worker: join(dist, 'cli/worker.js') },
    platform: 'node',
    external: ['onnxruntime-node'],
    output: {
      dir: folder,
      format: 'esm',
      cleanDir: true,
      minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    },
  });
  return output.filter((file) => file.type === 'chunk');
}

if (process.argv[1] === import.meta.filename) {
  const dist = join(import.meta.dirname, '../packages/onnxplain/dist');
  await bundleCommand(dist, join(dist, 'bin'));
}
