/** The only file that imports d3-scale-chromatic: two colour scales of attributions as tables of 8-bit RGB, and colours of lines. */
import { interpolateInferno, interpolateRdBu, schemeTableau10 } from 'd3-scale-chromatic';

export type ColourScale = 'diverging' | 'sequential';

/** Entries of a scale's table. Odd, so that 0 of a diverging scale has an entry of its own. */
export const STEPS = 511;

/**
 * RGB triples of a scale, [STEPS * 3]. Diverging: blue (negative) over white (0) to red (positive), ColorBrewer's RdBu
 * reversed. Sequential: inferno, black (0) to pale yellow.
 */
export function scaleTable(scale: ColourScale): Uint8Array {
  const known = tables.get(scale);
  if (known !== undefined) return known;
  const table = new Uint8Array(STEPS * 3);
  for (let i = 0; i < STEPS; i++) {
    const t = i / (STEPS - 1);
    table.set(parseColour(scale === 'diverging' ? interpolateRdBu(1 - t) : interpolateInferno(t)), i * 3);
  }
  tables.set(scale, table);
  return table;
}

/** Ten colours that tell lines of a plot apart, as #rrggbb. */
export const lineColours: readonly string[] = schemeTableau10;

const tables = new Map<ColourScale, Uint8Array>();

/** d3 gives "rgb(r, g, b)" for some scales and "#rrggbb" for others. */
function parseColour(text: string): readonly number[] {
  if (text.startsWith('#')) return [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16));
  return [...text.matchAll(/\d+/g)].map(Number);
}
