import { attributesOf } from '../ir/attributes.js';
import type { Dim } from '../ir/types.js';
import type { InferRow, Inferred, Site } from './site.js';

/** The axes of the grid replace the spatial axes of the input. */
export const gridSample: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const grid = site.dims(1);
  if (dims === undefined || grid === undefined) return [{ dtype, dims: undefined }];
  const [axes, listed] = [dims.length - 2, grid.at(-1)];
  if (grid.length !== dims.length || (typeof listed === 'number' && listed !== axes))
    site.mismatch(`a grid of rank ${dims.length} that lists ${axes} coordinates`);
  return [{ dtype, dims: [...dims.slice(0, 2), ...grid.slice(1, -1)] }];
};

export const roiAlign: InferRow = (site) => {
  const { output_height, output_width } = attributesOf(site.node, 'RoiAlign');
  return [regions(site, [output_height, output_width])];
};

export const maxRoiPool: InferRow = (site) => [
  regions(site, attributesOf(site.node, 'MaxRoiPool').pooled_shape),
];

/** The first axis of the result has an entry for each region. */
function regions(site: Site, cells: readonly Dim[]): Inferred {
  const { dtype, dims } = site.type(0);
  if (dims !== undefined && dims.length !== 4) site.mismatch('an input of rank 4');
  const count = site.dims(1)?.[0] ?? site.unknown();
  return { dtype, dims: [count, dims?.[1] ?? site.unknown(), ...cells] };
}
