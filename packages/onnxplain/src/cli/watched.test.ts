import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type BuiltProgram, builtProgram } from '../../test/built-program.js';
import { endlessModel, folderWith, linearModel, npy, onnxplain } from '../../test/models.js';
import { watchedCommands } from './watched-commands.js';

const folder = folderWith({
  'm.onnx': linearModel(),
  'endless.onnx': endlessModel(),
  'x.npy': npy([3, 4]),
  // Plugins that do on loading what native code can do to its process.
  'die.mjs': "process.kill(process.pid, 'SIGSEGV');",
  // Loaded by every process of Node; only the one that does the work is connected to another.
  'die-later.mjs': `import { statSync } from 'node:fs';
const cells = () => statSync(process.env.CELLS, { throwIfNoEntry: false })?.size ?? 0;
if (process.send) setInterval(() => cells() > 0 && process.kill(process.pid, 'SIGSEGV'), 1).unref();`,
  'block.mjs': "process.stderr.write('blocked\\n'); for (;;);",
  'write.mjs':
    "process.stdout.write('1'); await new Promise((done) => setTimeout(done, 300)); process.stdout.write('2'); await new Promise((done) => setTimeout(done, 60_000));",
  'wait.mjs': "process.stderr.write('blocked\\n'); await new Promise((done) => setTimeout(done, 60_000));",
  'grow.mjs': 'const held = []; for (;;) held.push(Buffer.alloc(2 ** 24, 1));',
});
let program: BuiltProgram;
beforeAll(async () => {
  program = await builtProgram();
});
afterAll(() => {
  program.remove();
  rmSync(folder, { recursive: true });
});
const at = (name: string) => join(folder, name);

const start = (...argv: readonly string[]): ChildProcess => startWith({}, ...argv);

function startWith(options: SpawnOptions, ...argv: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [program.main, ...argv], options);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

const explain = (name: string, ...more: readonly string[]): readonly string[] => [
  ...['explain', at('m.onnx'), '--input', at('x.npy'), '--plugin', at(`${name}.mjs`)],
  ...['--explainer', 'gradient', ...more],
];

async function endOf(child: ChildProcess): Promise<{ readonly exit: number | null; readonly err: string }> {
  let err = '';
  child.stderr?.on('data', (data) => {
    err += data;
  });
  const [exit] = await once(child, 'close');
  return { exit, err };
}

test('a crash says --resume only where finished cells are kept', async () => {
  const cells = at('died/ledger/cells.jsonl');
  const evaluate = (env: Readonly<Record<string, string>>, ...more: readonly string[]) =>
    startWith(
      { env: { ...process.env, ...env } },
      ...['evaluate', at('m.onnx'), '--input', at('x.npy'), '--explainer', 'gradient', '-o', at('died')],
      ...['--metric', 'infidelity(gaussian(0.1), draws=20000000)', ...more],
    );
  const early = await endOf(evaluate({}, '--plugin', at('die.mjs')));
  expect(early.err).toMatch(/signal SIGSEGV.*another version of onnxruntime-node\. \[process-died\]/);
  const late = await endOf(
    evaluate({ CELLS: cells, NODE_OPTIONS: `--import=file://${at('die-later.mjs')}` }),
  );
  expect(late.err).toMatch(/signal SIGSEGV.*Finished cells are kept: add --resume to go on/);
  expect(existsSync(cells)).toBe(true);
});

test('a command leaves no log file of ONNX Runtime behind', async () => {
  const temporary = folderWith({});
  const child = startWith({ env: { ...process.env, TMPDIR: temporary } }, 'inspect', at('m.onnx'));
  expect((await endOf(child)).exit).toBe(0);
  expect(readdirSync(temporary).filter((name) => name.endsWith('.log'))).toEqual([]);
  rmSync(temporary, { recursive: true });
});

test('a crash is an error that names the model and the signal', async () => {
  const { exit, err } = await endOf(start(...explain('die')));
  expect(exit).toBe(1);
  expect(err).toContain(`explain ${at('m.onnx')}: expected a run of the model that ends, got signal SIGSEGV`);
  const json = await endOf(start(...explain('die', '--json', '--quiet')));
  expect(JSON.parse(json.err)).toMatchObject({ error: { code: 'process-died' } });
});

test('limits of time and memory end a command', async () => {
  expect(await endOf(start(...explain('block', '--time-limit', '1')))).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/\[time-limit\]/),
  });
  expect(await endOf(start(...explain('grow', '--memory-limit', '500')))).toMatchObject({
    exit: 1,
    err: expect.stringMatching(/at most 500 MiB of memory.*\[memory-limit\]/),
  });
});

/** Resolves when the plugin blocks its process. */
const blocked = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.stderr?.on('data', (data) => String(data).includes('blocked') && resolve());
    child.once('close', () => reject(new Error('ended before it was blocked')));
  });

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends a command whose process is blocked, within a second',
  async (signal) => {
    const child = start(...explain('block'));
    const end = endOf(child);
    await blocked(child);
    const began = performance.now();
    child.kill(signal);
    expect(await end).toMatchObject({ exit: 130, err: expect.stringMatching(/stopped/) });
    expect(performance.now() - began).toBeLessThan(1000);
  },
);

test('Ctrl-C ends a command that answers and works on, within 8 s', async () => {
  const child = start(...explain('wait'));
  const end = endOf(child);
  await blocked(child);
  const began = performance.now();
  child.kill('SIGINT');
  expect(await end).toMatchObject({
    exit: 130,
    err: expect.stringMatching(/at most 5 s; once more to quit\nstopped/),
  });
  expect(performance.now() - began).toBeLessThan(8000);
});

test('Ctrl-C ends a run of ONNX Runtime that never returns, within a second, and a time limit ends it too', async () => {
  const argv = ['explain', at('endless.onnx'), '--input', at('x.npy'), '--explainer', 'occlusion(1)'];
  const child = start(...argv);
  const end = endOf(child);
  // By then the model is open and runs.
  await setTimeout(3000);
  const began = performance.now();
  child.kill('SIGINT');
  expect((await end).exit).toBe(130);
  expect(performance.now() - began).toBeLessThan(1000);
  const limited = await endOf(start(...argv, '--time-limit', '2'));
  expect(limited).toMatchObject({ exit: 1, err: expect.stringMatching(/endless\.onnx.*\[time-limit\]/) });
});

test('the commands that run in a process of their own are those that take limits of it', async () => {
  const { out } = await onnxplain('--help');
  const commands = [...out.matchAll(/^ {2}([a-z]+) .*[[<]/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help');
  expect(commands).toContain('list');
  for (const command of commands) {
    const { out: help } = await onnxplain(command, '--help');
    expect([command, help.includes('--time-limit')]).toEqual([command, watchedCommands.has(command)]);
  }
});

test('the working process ends when the one that watches it is killed', async () => {
  const child = start(...explain('block'));
  await blocked(child);
  child.kill('SIGKILL');
  // Its output closes when the last process that holds it has ended.
  await once(child, 'close');
});

test('a signal to the whole group of processes stops a command, as it stops one process', async () => {
  const child = startWith({ detached: true }, ...explain('block'));
  const end = endOf(child);
  await blocked(child);
  process.kill(-(child.pid ?? Number.NaN), 'SIGHUP');
  expect(await end).toMatchObject({ exit: 130, err: expect.stringMatching(/stopped/) });
});

test.each([
  ['list', ['list']],
  ['explain', explain('write')],
])('a reader that stops reading ends %s quietly', async (_, argv) => {
  const child = start(...argv);
  const end = endOf(child);
  child.stdout?.once('data', () => child.stdout?.destroy());
  expect(await end).toEqual({ exit: 0, err: '' });
});

test.runIf(existsSync('/dev/full'))('a result that cannot be written is an error of one line', async () => {
  const full = openSync('/dev/full', 'w');
  onTestFinished(() => closeSync(full));
  const plain = ['explain', at('m.onnx'), '--input', at('x.npy'), '--explainer', 'gradient'];
  const { exit, err } = await endOf(startWith({ stdio: ['ignore', full, 'pipe'] }, ...plain, '--quiet'));
  expect(exit).toBe(1);
  expect(err).toMatch(/^onnxplain: the result cannot be written: .*\n$/);
});

test('a command that is done does not wait for its time limit', async () => {
  const before = performance.now();
  const { exit } = await endOf(start('inspect', at('m.onnx'), '--time-limit', '600'));
  expect(exit).toBe(0);
  expect(performance.now() - before).toBeLessThan(60_000);
}, 120_000);
