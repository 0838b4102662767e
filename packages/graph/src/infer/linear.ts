import { attributesOf } from '../ir/attributes.js';
import type { Dim, Dims } from '../ir/types.js';
import { broadcast } from './broadcast.js';
import type { InferRow, Site } from './site.js';

export const matmul: InferRow = (site) => {
  const dtype = site.dtype(0);
  const [a, b] = [site.dims(0), site.dims(1)];
  if (a === undefined || b === undefined) return [{ dtype, dims: undefined }];
  if (a.length === 0 || b.length === 0) site.mismatch('inputs of rank 1 or more');
  contract(site, a.at(-1), b.at(-2) ?? b[0]);
  const batch = broadcast(site, [a.slice(0, -2), b.slice(0, -2)]) ?? [];
  const row = a.length > 1 ? a.slice(-2, -1) : [];
  const column = b.length > 1 ? b.slice(-1) : [];
  return [{ dtype, dims: [...batch, ...row, ...column] }];
};

function contract(site: Site, a: Dim | undefined, b: Dim | undefined): void {
  if (typeof a === 'number' && typeof b === 'number' && a !== b) site.mismatch('inner sizes that agree');
}

export const gemm: InferRow = (site) => {
  const dtype = site.dtype(0);
  const { transA, transB } = attributesOf(site.node, 'Gemm');
  const a = matrix(site, 0, transA);
  const b = matrix(site, 1, transB);
  contract(site, a[1], b[0]);
  const dims = [a[0], b[1]];
  const bias = site.has(2) ? site.dims(2) : undefined;
  if (bias?.some((dim, i) => differs(dim, dims[i + 2 - bias.length])))
    site.mismatch('C to broadcast to the product');
  return [{ dtype, dims }];
};

const differs = (c: Dim, out: Dim | undefined): boolean =>
  typeof c === 'number' && typeof out === 'number' && c !== 1 && c !== out;

function matrix(site: Site, index: number, transposed: boolean): readonly [Dim, Dim] {
  const dims = site.dims(index) ?? [site.unknown(), site.unknown()];
  const [rows, columns] = dims;
  if (rows === undefined || columns === undefined || dims.length > 2) return site.mismatch('matrices');
  return transposed ? [columns, rows] : [rows, columns];
}

export const einsum: InferRow = (site) => {
  const dtype = site.dtype(0);
  const shapes = site.node.inputs.map((_, i) => site.dims(i));
  if (shapes.some((dims) => dims === undefined)) return [{ dtype, dims: undefined }];
  return [{ dtype, dims: einsumDims(site, shapes as readonly Dims[]) }];
};

/** Splits an Einsum equation into the labels of the operands and of the result; '...' is one label. */
export function einsumLabels(equation: string): { operands: readonly string[][]; result: readonly string[] } {
  const [left = '', right] = equation.replaceAll(' ', '').split('->');
  const labels = (text: string) => text.match(/\.\.\.|[A-Za-z]/g) ?? [];
  const operands = left.split(',').map((text) => [...labels(text)]);
  return { operands, result: right === undefined ? implied(operands.flat()) : [...labels(right)] };
}

/** Returns the labels of the result of an equation without an arrow: the ellipsis, then the labels that occur once, sorted. */
function implied(all: readonly string[]): readonly string[] {
  const once = all.filter((label) => label !== '...' && all.indexOf(label) === all.lastIndexOf(label));
  return [...(all.includes('...') ? ['...'] : []), ...once.sort()];
}

function einsumDims(site: Site, shapes: readonly Dims[]): Dims {
  const { operands, result } = einsumLabels(attributesOf(site.node, 'Einsum').equation);
  if (operands.length !== shapes.length) site.mismatch(`${operands.length} operands of the equation`);
  const sizes = new Map<string, Dims>();
  for (const [i, labels] of operands.entries()) bind(site, { labels, dims: shapes[i] ?? [], sizes });
  return result.flatMap((label) => sizes.get(label) ?? []);
}

function bind(
  site: Site,
  { labels, dims, sizes }: { labels: readonly string[]; dims: Dims; sizes: Map<string, Dims> },
): void {
  const spare = dims.length - labels.filter((label) => label !== '...').length;
  if (spare < 0 || (spare > 0 && !labels.includes('...'))) site.mismatch(`operands of rank ${labels.length}`);
  let at = 0;
  for (const label of labels) {
    const width = label === '...' ? spare : 1;
    const part = dims.slice(at, at + width);
    const before = sizes.get(label);
    sizes.set(label, before === undefined ? part : (broadcast(site, [before, part]) ?? part));
    at += width;
  }
}

/** Det: [..., n, n] to [...]. */
export const determinant: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  if (dims !== undefined && dims.length < 2) site.mismatch('square matrices');
  return [{ dtype, dims: dims?.slice(0, -2) }];
};
