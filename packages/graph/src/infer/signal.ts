import { attributesOf } from '../ir/attributes.js';
import type { Dim } from '../ir/types.js';
import { addDims, floorDivide, multiplyDims } from './dim.js';
import { dtypeOfCode } from './elementwise.js';
import { axisOf, type InferRow, numbers, type Site } from './site.js';

/** [..., 1 or 2]: the transformed axis gets the given length n, or n / 2 + 1 for a one-sided result. */
export const dft: InferRow = (site) => {
  const { dtype, dims } = site.type(0);
  const requestedAxis = dftAxis(site);
  if (dims === undefined || requestedAxis === undefined) return [{ dtype, dims: dims?.map(site.unknown) }];
  const axis = axisOf(site, requestedAxis, dims.length);
  const { inverse, onesided: oneSided } = attributesOf(site.node, 'DFT');
  const size = dims[axis] ?? 1;
  const whole = oneSided && inverse ? multiplyDims(addDims(size, -1), 2) : size;
  const length = site.has(1) ? (site.elements(1)?.[0] ?? site.unknown()) : whole;
  const kept: Dim = oneSided && !inverse ? addDims(floorDivide(length, 2), 1) : length;
  const parts = oneSided && inverse ? 1 : 2;
  return [{ dtype, dims: dims.map((dim, i) => (i === axis ? kept : i === dims.length - 1 ? parts : dim)) }];
};

/** Returns the axis, which is an attribute before opset 20 and an input since. */
function dftAxis(site: Site): number | undefined {
  const { axis } = attributesOf(site.node, 'DFT');
  if (axis !== undefined) return axis;
  return site.has(2) ? numbers(site.elements(2))?.[0] : -2;
}

export const windowFunction: InferRow = (site) => [
  {
    dtype: dtypeOfCode(site, attributesOf(site.node, 'HannWindow').output_datatype),
    dims: [site.elements(0)?.[0] ?? site.unknown()],
  },
];

/** MelWeightMatrix: [frequencies, bands]. */
export const melWeights: InferRow = (site) => {
  const [bands, length] = [0, 1].map((i) => site.elements(i)?.[0]);
  const frequencies = length === undefined ? site.unknown() : addDims(floorDivide(length, 2), 1);
  return [
    {
      dtype: dtypeOfCode(site, attributesOf(site.node, 'MelWeightMatrix').output_datatype),
      dims: [frequencies, bands ?? site.unknown()],
    },
  ];
};
