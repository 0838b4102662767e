import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { examplePlan } from '../test/plan.js';
import { type CellStore, memoryStore } from './cell-store.js';
import { cellName, cellsOf } from './plan.js';
import { runCells } from './run.js';

const names = cellsOf(examplePlan()).map(cellName);

/** A store that takes a while, and writes down when it begins and ends. */
function slowStore(log: string[], refused?: string): CellStore {
  const store = memoryStore();
  return {
    ...store,
    async append(cell, ...rest) {
      log.push(`begin ${cell}`);
      await setTimeout(5);
      if (cell === refused) throw new Error('the disk is full');
      await store.append(cell, ...rest);
      log.push(`end ${cell}`);
    },
  };
}

test('the result of a cell is stored while the next one is computed, and results are stored one after the other', async () => {
  const log: string[] = [];
  const compute = async (cell: Parameters<typeof cellName>[0]) => {
    log.push(`compute ${cellName(cell)}`);
    return { result: {} };
  };
  await runCells(examplePlan(), slowStore(log), { compute });
  const [first, second] = names;
  expect(log.indexOf(`compute ${second}`)).toBeLessThan(log.indexOf(`end ${first}`));
  const stored = log.filter((entry) => !entry.startsWith('compute'));
  expect(stored).toEqual(names.flatMap((name) => [`begin ${name}`, `end ${name}`]));
});

test('a stage ends, and is reported, when all of its results are stored', async () => {
  const log: string[] = [];
  const seen: string[] = [];
  await runCells(examplePlan(), slowStore(log), {
    compute: async () => ({ result: {} }),
    onProgress: ({ stage, done, total }) => seen.push(`${stage} ${done}/${total} after ${log.at(-1)}`),
    onStage: async (stage) => void seen.push(`${stage} done`),
  });
  expect(seen).toEqual([
    ...names.slice(0, 4).map((name, i) => `explain ${i + 1}/4 after end ${name}`),
    'explain done',
    ...names.slice(4).map((name, i) => `measure ${i + 1}/2 after end ${name}`),
    'measure done',
  ]);
});

test('an error of the store ends the run, and what was computed before it is stored', async () => {
  const log: string[] = [];
  const run = runCells(examplePlan(), slowStore(log, names[1]), { compute: async () => ({ result: {} }) });
  await expect(run).rejects.toThrow('the disk is full');
  expect(log).toEqual([`begin ${names[0]}`, `end ${names[0]}`, `begin ${names[1]}`]);
});

test('an error of a cell ends the run after the results before it are stored', async () => {
  const log: string[] = [];
  const run = runCells(examplePlan(), slowStore(log), {
    compute: async (cell) => {
      if (cellName(cell) === names[2]) throw new Error('no result');
      return { result: {} };
    },
  });
  await expect(run).rejects.toThrow('no result');
  expect(log.at(-1)).toBe(`end ${names[1]}`);
});
