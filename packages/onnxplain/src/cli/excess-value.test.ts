import { describe, expect, test } from 'vitest';
import { onnxplain } from '../../test/models.js';

const commands: readonly (readonly [name: string, ...subject: string[]])[] = [
  ['inspect', 'm.onnx'],
  ['grad', 'm.onnx'],
  ['explain', 'm.onnx'],
  ['evaluate', 'm.onnx'],
  ['reproduce', 'h21'],
  ['list'],
];

interface Flag {
  readonly short?: string;
  readonly long: string;
  /** A value that the flag takes. */
  readonly value: string;
}

/** The flags of a command that take one value, as its help lists them. */
async function singleFlags(command: string): Promise<readonly Flag[]> {
  const { out } = await onnxplain(command, '--help');
  const entries = out.split(/\n(?= {2}-)/).map((entry) => entry.replaceAll(/\s+/g, ' '));
  return entries.flatMap((entry) => {
    const [, short, long, takes = ''] = /^ (?:(-\w), )?(--[\w-]+) <([^>]+)>/.exec(entry) ?? [];
    if (long === undefined || takes.endsWith('...') || `${command} ${long}` === 'reproduce --model')
      return [];
    const [, choice] = /choices: "(\w+)"/.exec(entry) ?? [];
    return [{ short, long, value: choice ?? VALUES[long] ?? '1' }];
  });
}

const VALUES: Readonly<Record<string, string>> = { '--bounds': '0,1', '--header': 'yes' };

describe('a flag that takes one value and is given twice', () => {
  test.each(commands)('is refused by %s, whichever flag it is', async (name, ...subject) => {
    const flags = await singleFlags(name);
    expect(flags.map(({ long }) => long)).toContain('--seed');
    for (const { short, long, value } of flags) {
      const { exit, out, err } = await onnxplain(name, ...subject, short ?? long, value, `${long}=${value}`);
      const flag = short === undefined ? long : `${short}, ${long}`;
      const more = long === '--explainer' ? ', or use evaluate, which takes several' : '';
      expect(err).toBe(
        `onnxplain: ${flag}: expected one value after ${name}, got "${value}" and "${value}". Give one value${more}. [usage]\n`,
      );
      expect({ exit, out }).toEqual({ exit: 2, out: '' });
    }
  });

  test('is refused with all of its values, in any spelling', async () => {
    const { err } = await onnxplain('explain', 'm.onnx', '-oa.npy', '--out=b.npy', '--out', 'c.npy');
    expect(err).toContain('-o, --out: expected one value after explain, got "a.npy" and "b.npy" and "c.npy"');
  });

  test('is refused with a code that programs read', async () => {
    const { exit, err } = await onnxplain('list', '--json', '--seed', '1', '--seed', '2');
    expect(exit).toBe(2);
    expect(JSON.parse(err).error).toMatchObject({
      code: 'usage',
      where: '--seed',
      got: '"1" and "2"',
      remedy: 'Give one value.',
    });
  });

  test('does not hide a misspelt flag, nor the help', async () => {
    const twice = ['list', '--seed', '1', '--seed', '2'];
    expect((await onnxplain(...twice, '--sed', '3')).err).toContain('Did you mean --seed?');
    expect((await onnxplain(...twice, '--help')).out).toContain('Usage: onnxplain list');
  });
});

describe('a flag that takes one value for each name', () => {
  const flags = [
    ['--shape', 'x=1,4', 'x=2,4'],
    ['--fix', 'x=1', 'x=2'],
    ['--limit', 'nodes=1', 'nodes=2'],
    ['--batch-axis', 'x=0', 'x=1'],
  ] as const;
  const explain = ['explain', 'none.onnx', '--input', 'x.npy', '--explainer', 'gradient'];

  test.each(flags)('is refused where %s gives a name two values', async (flag, first, second) => {
    const apart = await onnxplain(...explain, flag, first, flag, second);
    const together = await onnxplain(...explain, flag, first, second);
    for (const { exit, err } of [apart, together]) {
      expect(exit).toBe(2);
      expect(err).toContain(`'${second}' is invalid`);
      expect(err).toContain(`"${first.split('=')[0]}" has a value already.`);
    }
  });

  test.each(flags)('takes two names with %s', async (flag, first) => {
    const second = flag === '--limit' ? 'depth=9' : first.replace('x', 'y');
    const { exit, err } = await onnxplain(...explain, flag, first, second);
    expect([exit, err]).toEqual([1, expect.stringContaining('file-missing')]);
  });
});

test('flags without a value may repeat', async () => {
  const { exit, out } = await onnxplain('list', '--json', '--json', '--quiet', '--quiet');
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toHaveProperty('explainer');
});

test.each([
  ['explain', 'm.onnx', '--explainer', 'gradient', '--input', 'none-1.npy', '--input', 'none-2.npy'],
  [
    ...['evaluate', 'm.onnx', '--input', 'none.npy', '-o', 'none', '--metric', 'sensitivity'],
    ...['--metric', 'infidelity', '--explainer', 'gradient', '--explainer', 'random'],
  ],
])('flags that take several values may repeat in %s', async (...argv) => {
  expect((await onnxplain(...argv)).err).not.toContain('expected one value');
});

test('the flag --model of reproduce is given once for each model of a table', async () => {
  const { err } = await onnxplain('reproduce', 'h21', '--model', 'a.onnx', '--model', 'b.onnx');
  expect(err).toContain('expected --table ID');
});
