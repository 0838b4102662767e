import type { Dim } from '../ir/types.js';
import { addDims, ceilDivide, minDim, subtractDims } from './dim.js';
import { axisOf, type Elements, type InferRow, numbers, type Site } from './site.js';

export const slice: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const starts = site.elements(1);
  const ends = site.elements(2);
  const axes = site.has(3) ? numbers(site.elements(3)) : (starts ?? ends)?.map((_, i) => i);
  const steps = site.has(4) ? numbers(site.elements(4)) : axes?.map(() => 1);
  if (steps?.some((step) => step === 0) === true) site.mismatch('steps other than 0', '0');
  if (dims === undefined || axes === undefined) return [{ dtype, dims: dims?.map(site.unknown) }];
  const out = [...dims];
  let elements = dims.length === 1 ? site.elements(0) : undefined;
  for (const [i, axis] of axes.entries()) {
    const at = axisOf(site, axis, dims.length);
    const cut: AxisSlice = { start: starts?.[i], end: ends?.[i], step: steps?.[i] };
    elements = elements && sliceElements(elements, cut);
    out[at] = elements?.length ?? sliceLength(site, dims[at] ?? 1, cut);
  }
  return [{ dtype, dims: out, elements }];
};

interface AxisSlice {
  readonly start: Dim | undefined;
  readonly end: Dim | undefined;
  readonly step: number | undefined;
}

function sliceElements(source: Elements, { start, end, step }: AxisSlice): Elements | undefined {
  if (typeof start !== 'number' || typeof end !== 'number' || step === undefined) return undefined;
  const n = source.length;
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + n : at, low), high);
  const first = Math.min(Math.max(start < 0 ? start + n : start, 0), step > 0 ? n : n - 1);
  const out: (Dim | undefined)[] = [];
  for (let i = first; step > 0 ? i < clamp(end) : i > clamp(end); i += step) out.push(source[i]);
  return out;
}

/** Returns the length of a slice of an axis. Bounds beyond the end are clamped, as ONNX defines it. */
function sliceLength(site: Site, size: Dim, { start, end, step }: AxisSlice): Dim {
  if (start === undefined || end === undefined || step === undefined) return site.unknown();
  if (step < 0) return backwardLength(site, size, { start, end, step });
  const from = bound(size, start);
  const to = bound(size, end);
  const length = subtractDims(to, from);
  if (typeof length === 'number') return Math.max(0, Math.ceil(length / step));
  return ceilDivide(length, step);
}

/** Returns the length of a slice with a negative step, for a whole axis or for known numbers; unknown for others. */
function backwardLength(site: Site, size: Dim, cut: { start: Dim; end: Dim; step: number }): Dim {
  const { start, end, step } = cut;
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    const first = Math.min(Math.max(start < 0 ? start + size : start, 0), size - 1);
    const last = end < 0 ? Math.max(end + size, -1) : Math.min(end, size - 1);
    return Math.max(0, Math.ceil((first - last) / -step));
  }
  const whole = (start === -1 || isHuge(start)) && typeof end === 'number' && end < -(2 ** 31) + 2;
  return whole ? ceilDivide(size, -step) : site.unknown();
}

/** Exporters write various large numbers for "to the end". No axis has 2^29 elements. */
const isHuge = (at: Dim): boolean => typeof at === 'number' && at >= 2 ** 29;

/** Returns a start or end as a position from 0 to the size of the axis. */
function bound(size: Dim, at: Dim): Dim {
  if (isHuge(at)) return size;
  if (typeof at === 'number' && at < 0) {
    const from = addDims(size, at);
    return typeof from === 'number' ? Math.max(0, from) : from;
  }
  return at === 0 ? 0 : minDim(size, at);
}
