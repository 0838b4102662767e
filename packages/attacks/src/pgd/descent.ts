import { fillUniformInBall, fold, type Objective, stream } from '@onnxplain/core';
import type { Oracle } from '../search/oracle.js';
import {
  type Best,
  clip,
  distance,
  type Floats,
  floatsLike,
  freeOfRow,
  keepBest,
  type SearchRows,
} from '../search/rows.js';

export interface DescentSettings {
  readonly steps: number;
  readonly step: number;
  readonly restarts: number;
  readonly judge: 'every' | 'last';
  readonly objective: Objective;
}

interface Descent {
  readonly rows: SearchRows;
  readonly oracle: Oracle;
  readonly best: Best;
  /** The radius of each row. */
  readonly radii: Float64Array;
  /** Norms of the best perturbations of the descents that start at the input. */
  readonly first: Float64Array;
  /** The number of the call, with which random starts are drawn. */
  readonly call: number;
}

/** Elements of the points that descend together: 2^22, or one descent of each row. */
const BLOCK = 2 ** 22;

/**
 * Descends for some rows at their radii, `restarts` times each, and returns 1 for the rows for which a point was found. Rows for which one
 * was found are not tried again.
 */
export async function descend(
  descent: Descent,
  picked: Int32Array,
  settings: DescentSettings,
): Promise<Uint8Array> {
  const { rows } = descent;
  const isFound = new Uint8Array(rows.count);
  for (let from = 0; from < settings.restarts; ) {
    const open = picked.filter((row) => isFound[row] === 0);
    if (open.length === 0) break;
    const fitting = Math.max(1, Math.floor(BLOCK / (open.length * rows.size)));
    const to = from === 0 ? 1 : Math.min(settings.restarts, from + fitting);
    await descendBlock(descent, { open, from, to, isFound }, settings);
    from = to;
  }
  return isFound;
}

interface Block {
  readonly open: Int32Array;
  /** The restarts from..to, `to` exclusive. */
  readonly from: number;
  readonly to: number;
  readonly isFound: Uint8Array;
}

async function descendBlock(descent: Descent, block: Block, settings: DescentSettings): Promise<void> {
  const { rows, oracle } = descent;
  const { size } = rows;
  const { open, from, to } = block;
  const all = Int32Array.from({ length: open.length * (to - from) }, (_, i) => open[i % open.length]);
  const data = floatsLike(rows.origin, all.length * size);
  all.forEach((row, at) => {
    writeStart(
      descent,
      { row, restart: from + Math.floor(at / open.length) },
      data.subarray(at * size, (at + 1) * size),
    );
  });
  let owners: Int32Array = all;
  for (let k = 0; k < settings.steps && owners.length > 0; k++) {
    const { margins, gradients } = await oracle.slopes({ data, owners }, settings.objective);
    const isJudged = settings.judge === 'every' && judge(descent, { data, owners, margins }, block);
    for (let at = 0; at < owners.length; at++) {
      stepPoint(descent, { row: owners[at], at, step: settings.step }, { data, gradients });
    }
    if (isJudged) owners = compact({ data, owners, size }, block.isFound);
  }
  judge(descent, { data, owners, margins: await oracle.margins({ data, owners }) }, block);
}

interface Judged {
  readonly data: Floats;
  readonly owners: Int32Array;
  readonly margins: Float64Array;
}

/** Keeps the points found and marks their rows. Returns whether there are any. */
function judge(
  { rows, oracle, best, first }: Descent,
  { data, owners, margins }: Judged,
  block: Block,
): boolean {
  const { slack } = oracle;
  keepBest(rows, best, { points: { data, owners }, margins, slack });
  let isAny = false;
  for (let at = 0; at < owners.length; at++) {
    const row = owners[at];
    if (!(margins[at] < -slack[row])) continue;
    block.isFound[row] = 1;
    isAny = true;
    if (block.from === 0) first[row] = Math.min(first[row], distance(rows, row, { data, at }));
  }
  return isAny;
}

/** Moves the points of rows for which none was found yet to the front, and returns their rows. */
function compact(
  { data, owners, size }: { readonly data: Floats; readonly owners: Int32Array; readonly size: number },
  isFound: Uint8Array,
): Int32Array {
  let kept = 0;
  for (let at = 0; at < owners.length; at++) {
    if (isFound[owners[at]] !== 0) continue;
    data.copyWithin(kept * size, at * size, (at + 1) * size);
    owners[kept++] = owners[at];
  }
  return owners.subarray(0, kept);
}

/** The first descent starts where the call says, others at a point that is uniform in the ball of the free elements, cut at the bounds. */
function writeStart(
  { rows, radii, call }: Descent,
  { row, restart }: { readonly row: number; readonly restart: number },
  point: Floats,
): void {
  const { size, start, origin, free, bounds, norm } = rows;
  point.set((restart === 0 ? start : origin).subarray(row * size, (row + 1) * size));
  if (restart > 0) {
    const marks = free.subarray(row * size, (row + 1) * size);
    const drawn = new Float64Array(marks.reduce((sum, mark) => sum + mark, 0));
    fillUniformInBall(stream(fold(fold(rows.keys(row), call), restart)), drawn, { norm, radius: radii[row] });
    for (let j = 0, k = 0; j < size; j++) if (marks[j] !== 0) point[j] = clip(point[j] + drawn[k++], bounds);
  }
  shrinkInto(rows, row, { point, radius: radii[row] });
}

/** A step of this length against the gradient, cut at the bounds and shrunk to the radius. */
function stepPoint(
  { rows, radii }: Descent,
  { row, at, step }: { readonly row: number; readonly at: number; readonly step: number },
  { data, gradients }: { readonly data: Floats; readonly gradients: Floats },
): void {
  const { size, norm, bounds } = rows;
  const from = at * size;
  const elements = freeOfRow(rows, row);
  let length = 0;
  for (const j of elements) {
    const slope = Math.abs(gradients[from + j]);
    if (norm === 'linf') length = Math.max(length, slope);
    else length += norm === 'l1' ? slope : slope * slope;
  }
  if (norm === 'l2') length = Math.sqrt(length);
  if (!(length > 0)) return;
  for (const j of elements) {
    data[from + j] = clip(data[from + j] - (step / length) * gradients[from + j], bounds);
  }
  shrinkInto(rows, row, { point: data.subarray(from, from + size), radius: radii[row] });
}

/** Divides a perturbation so that its norm is at most the radius. */
function shrinkInto(
  rows: SearchRows,
  row: number,
  { point, radius }: { readonly point: Floats; readonly radius: number },
): void {
  const { size, origin, bounds } = rows;
  const norm = distance(rows, row, { data: point, at: 0 });
  if (!(norm > radius)) return;
  for (const j of freeOfRow(rows, row)) {
    const x = origin[row * size + j];
    point[j] = clip(x + (point[j] - x) * (radius / norm), bounds);
  }
}
