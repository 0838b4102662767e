import type { Rule } from './rule.js';
import { deformConv } from './sampling/deform-conv.js';
import { gridSample } from './sampling/grid-sample.js';
import { maxRoiPool } from './sampling/max-roi-pool.js';
import { roiAlign } from './sampling/roi-align.js';

/** Backward rules of operators that interpolate at coordinates, or pool regions, that are inputs. */
export const sampling = {
  DeformConv: deformConv,
  GridSample: gridSample,
  MaxRoiPool: maxRoiPool,
  RoiAlign: roiAlign,
} satisfies Record<string, Rule>;
