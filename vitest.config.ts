import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['source'] } },
  resolve: { conditions: ['source'] },
  test: {
    projects: [
      // Tests beside their source, of every package but the one that runs whole commands: `pnpm test:fast`.
      { extends: true, test: { name: 'unit', include: ['packages/!(onnxplain)/src/**/*.test.ts'] } },
      // Whole commands, laws over all entries of a table, and tests over several packages.
      {
        extends: true,
        test: {
          name: 'system',
          include: [
            'packages/onnxplain/src/**/*.test.ts',
            'packages/*/test/**/*.test.ts',
            'test/**/*.test.ts',
          ],
        },
      },
    ],
    // ONNX Runtime sessions live in child processes, never in worker threads.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
