import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

test('memory grows by less than a tenth over scores with own feeds and over shapes, after the first tenth', () => {
  const node = ['--import', 'tsx', '--conditions=source', '--expose-gc', join(root, 'bench/memory.ts')];
  const printed = execFileSync(process.execPath, [...node, '--scores', '300', '--shapes', '40'], {
    cwd: root,
    encoding: 'utf8',
  });
  const growths = [...printed.matchAll(/growth ([\d.]+)/g)].map(([, growth]) => Number(growth));
  expect(growths).toHaveLength(2);
  for (const growth of growths) expect(growth, printed).toBeLessThan(1.1);
});
