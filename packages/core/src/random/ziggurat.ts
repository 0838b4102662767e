/**
 * Tables of the ziggurat for the normal density exp(-x²/2): LAYERS strips of equal area.
 * Source: Marsaglia and Tsang, "The ziggurat method for generating random variables", J. Stat. Softw. 5(8), 2000;
 * layer and value come from different bits, as Doornik ("An improved ziggurat method", 2005) asks.
 */
export const LAYERS = 256;
/** The start of the tail, and the area of each strip, for 256 layers. */
export const TAIL = 3.6541528853610088;
const AREA = 0.00492867323399;

export const density = (x: number): number => Math.exp(-0.5 * x * x);

/** Right ends of the strips, from the widest (the base strip, tail included) to 0: LAYERS + 1 numbers. */
export const edges = new Float64Array(LAYERS + 1);
/** Density at each edge. */
export const heights = new Float64Array(LAYERS + 1);
/** A 24-bit signed integer times this is a point of the strip. */
export const widths = new Float64Array(LAYERS);
/** Points of smaller magnitude than this lie where the strip is completely under the curve. */
export const underCurve = new Float64Array(LAYERS);

edges[0] = AREA / density(TAIL);
edges[1] = TAIL;
for (let layer = 2; layer < LAYERS; layer++) {
  const below = edges[layer - 1];
  edges[layer] = Math.sqrt(-2 * Math.log(AREA / below + density(below)));
}
for (let layer = 0; layer <= LAYERS; layer++) heights[layer] = density(edges[layer]);
for (let layer = 0; layer < LAYERS; layer++) {
  widths[layer] = edges[layer] / 2 ** 23;
  underCurve[layer] = Math.floor((edges[layer + 1] / edges[layer]) * 2 ** 23) * widths[layer];
}
