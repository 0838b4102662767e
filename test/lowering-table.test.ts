import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loweringTargets } from '@onnxplain/graph';
import { expect, test } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '../packages/graph/README.md'), 'utf8');
const targets = ['ort-cpu', 'ort-cuda', 'ort-webgpu'] as const;

/** The rows of the table of passes, each the name and the cells behind what it rewrites. */
const rows = [...page.matchAll(/^\| `([\w-]+)` +\| [^|]+\| +(yes|no) +\| +(yes|no) +\| +(yes|no) +\|/gm)].map(
  ([, name, ...cells]) => ({ name, cells }),
);

test.each(targets)(
  'the table of passes has those of %s in the order in which they run, and no others',
  (target) => {
    const column = targets.indexOf(target);
    const listed = rows.filter(({ cells }) => cells[column] === 'yes').map(({ name }) => name);
    expect(listed).toEqual(loweringTargets[target]);
  },
);
