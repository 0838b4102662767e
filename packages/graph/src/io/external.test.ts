import { createHash } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf, float32, graphOf, node, value } from '../../test/graphs.js';
import { bytesOf } from './chunks.js';
import { encode } from './encode.js';
import { externalData } from './external.js';
import { read } from './read.js';
import { write } from './write.js';
import { writeExternal } from './write-external.js';

let folder = '';
let outside = '';

beforeAll(() => {
  outside = mkdtempSync(join(tmpdir(), 'onnxplain-'));
  folder = join(outside, 'model');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(outside, 'secret'), new Uint8Array(16));
  writeFileSync(
    join(folder, 'data'),
    Uint8Array.from({ length: 16 }, (_, i) => i),
  );
  writeFileSync(join(folder, 'sub', 'data'), new Uint8Array(16));
  writeFileSync(join(folder, 'other'), new Uint8Array(16));
  linkSync(join(folder, 'other'), join(outside, 'twin'));
  symlinkSync(join(outside, 'secret'), join(folder, 'link'));
  symlinkSync(outside, join(folder, 'up'));
});

afterAll(() => rmSync(outside, { recursive: true }));

const at = (entries: Readonly<Record<string, string>>): Uint8Array =>
  encode({
    opsetImport: [{ domain: '', version: 18n }],
    graph: {
      name: 'g',
      initializer: [
        {
          name: 'w',
          dims: [2n],
          dataType: 1,
          dataLocation: 1,
          externalData: Object.entries(entries).map(([key, text]) => ({ key, value: text })),
        },
      ],
      output: [{ name: 'w', type: { value: { case: 'tensorType', value: { elemType: 1 } } } }],
    },
  });

test('a range of a file in the folder, or below it, is read', () => {
  const external = externalData(folder);
  const weights = read(at({ location: 'data', offset: '4', length: '8' }), { external }).constants.get('w');
  expect(weights?.data).toEqual(new Float32Array(Uint8Array.from({ length: 8 }, (_, i) => i + 4).buffer));
  expect(codeOf(() => read(at({ location: './data' }), { external }))).toBe('none');
  expect(codeOf(() => read(at({ location: 'sub/data' }), { external }))).toBe('none');
});

test.each([
  ['another folder', '../secret'],
  ['another folder, from below', 'sub/../../secret'],
  ['an absolute path', '/etc/passwd'],
  ['a drive', 'C:/secret'],
  ['a backslash path', '..\\secret'],
  ['a path with a zero', 'data\0.bin'],
  ['no path', ''],
  ['the folder itself', '.'],
  ['a folder', 'sub'],
  ['a symbolic link', 'link'],
  ['a path through a symbolic link', 'up/secret'],
  ['a path through a file', 'data/data'],
  ['a hard link', 'other'],
])('%s is refused', (_, location) => {
  expect(codeOf(() => read(at({ location }), { external: externalData(folder) }))).toBe(
    'model-external-data',
  );
});

test.each([
  ['beyond the end', { offset: '12' }, 'model-external-data'],
  ['far beyond the end', { offset: '9007199254740991' }, 'model-external-data'],
  ['a negative offset', { offset: '-4' }, 'model-invalid'],
  ['an offset that is no number', { offset: '0x4' }, 'model-invalid'],
  ['a huge offset', { offset: '99999999999999999999' }, 'model-invalid'],
  ['another length', { length: '4' }, 'model-invalid'],
  ['a key that no reader knows', { length: '8', basepath: '..' }, 'model-external-data'],
])('a piece with %s is refused', (_, place, code) => {
  expect(codeOf(() => read(at({ location: 'data', ...place }), { external: externalData(folder) }))).toBe(
    code,
  );
});

test('ranges that overlap are read, as ONNX Runtime reads them, and count in full', () => {
  const tensor = (name: string, offset: string) => ({
    ...{ name, dims: [2n], dataType: 1, dataLocation: 1 },
    externalData: Object.entries({ location: 'data', offset }).map(([key, text]) => ({ key, value: text })),
  });
  const bytes = encode({
    opsetImport: [{ domain: '', version: 18n }],
    graph: {
      name: 'g',
      initializer: [tensor('w', '0'), tensor('v', '4')],
      output: [{ name: 'w', type: { value: { case: 'tensorType', value: { elemType: 1 } } } }],
    },
  });
  const taken = (tensorBytes: number) =>
    codeOf(() => read(bytes, { external: externalData(folder), limits: { tensorBytes } }));
  expect(taken(16)).toBe('none');
  expect(taken(15)).toBe('model-limit');
});

test('a checksum is compared where the model gives one', () => {
  const sum = createHash('sha1')
    .update(Uint8Array.from({ length: 16 }, (_, i) => i))
    .digest('hex');
  const external = externalData(folder);
  const taken = (checksum: string) =>
    codeOf(() => read(at({ location: 'data', length: '8', checksum }), { external }));
  expect(taken(sum)).toBe('none');
  expect(taken(sum.toUpperCase())).toBe('none');
  expect(taken(sum.replace(/^./, (digit) => (digit === '0' ? '1' : '0')))).toBe('model-external-data');
});

test('a missing file is reported as missing, with its path', () => {
  expect(codeOf(() => read(at({ location: 'none' }), { external: externalData(folder) }))).toBe(
    'file-missing',
  );
});

test('a range beyond 2 GiB of a sparse file is read', () => {
  const path = join(folder, 'large');
  writeFileSync(path, '');
  const offset = 2 ** 32 + 64;
  truncateSync(path, offset + 8);
  const file = openSync(path, 'r+');
  writeSync(file, new Uint8Array(Float32Array.of(1, 2).buffer), 0, 8, offset);
  closeSync(file);
  const graph = read(at({ location: 'large', offset: String(offset) }), { external: externalData(folder) });
  expect(graph.constants.get('w')?.data).toEqual(Float32Array.of(1, 2));
});

const small = float32([2], [1, 2]);
const large = float32(
  [1000],
  Array.from({ length: 1000 }, (_, i) => i / 7),
);
const graph = graphOf({
  inputs: [value('x', ['N', 1000])],
  outputs: [value('y', ['N', 1000])],
  nodes: [node('a = Add(x, large)'), node('y = Mul(a, other)'), node('unused = Neg(small)')],
  constants: { large, small, other: large },
});

test('a model written as two files is read back unchanged, and its weights are aligned', () => {
  const { model, data } = writeExternal(graph, { location: 'w.bin' });
  writeFileSync(join(folder, 'w.bin'), bytesOf(data));
  expect(model.length).toBeLessThan(1000);
  expect(data.length).toBe(4032 + 4000);
  expect(read(model, { external: externalData(folder) })).toEqual(graph);
  expect(codeOf(() => read(model))).toBe('model-external-data');
});

test('writing twice gives the same bytes', () => {
  const [once, again] = [1, 2].map(() => writeExternal(graph));
  expect(once.model).toEqual(again.model);
  expect([...once.data]).toEqual([...again.data]);
  expect(write(graph)).toEqual(write(read(write(graph))));
});

test('large constants are views in the data file, not copies', () => {
  const [a, b] = [1, 2].map((v) => float32([2001], new Array<number>(2001).fill(v)));
  const { data } = writeExternal(graphOf({ constants: { a, b } }));
  const chunks = [...data];
  expect(chunks.map(({ length }) => length)).toEqual([8004, 60, 8004]);
  for (const [chunk, { data: numbers }] of [[chunks[0], a] as const, [chunks[2], b] as const])
    expect(ArrayBuffer.isView(numbers) && numbers.buffer === chunk.buffer).toBe(true);
});
