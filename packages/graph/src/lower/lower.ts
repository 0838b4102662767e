import { builderOf } from '../builder/build.js';
import type { Graph } from '../ir/types.js';
import { declareSymbolicTypes } from '../rewrite/declare-types.js';
import { prune } from '../rewrite/prune.js';
import { channelScales } from './channel-scales.js';
import { convTransposeAsConv } from './conv-transpose.js';
import { convTranspose3d } from './conv-transpose-3d.js';
import { fewChannels } from './few-channels.js';
import { halfAdditions } from './half-additions.js';
import { joinedTiles } from './joined-tiles.js';
import { mergedChannels } from './merged-channels.js';
import { nchwcEntries } from './nchwc-entries.js';
import { nchwcMasks } from './nchwc-masks.js';
import { nchwcScalars } from './nchwc-scalars.js';
import { paddedPools } from './padded-pools.js';
import { phaseAdjoint } from './phase-adjoint.js';
import { phasePool } from './phase-pool.js';
import { poolIndices } from './pool-indices.js';
import { poolPositions } from './pool-positions.js';
import { steepMasks } from './steep-masks.js';
import { stridedAdjoints } from './strided-adjoints.js';
import type { LoweringTarget } from './targets.js';

/**
 * A rewrite of a graph in standard operators into one that has the same values and that the kernels of one runtime compute faster, or
 * at all. A graph without anything to rewrite comes back as it is.
 */
export type LoweringPass = (graph: Graph) => Graph;

/** All passes by name. The docstring of each says what it rewrites, why, and by which measurement. */
export const loweringPasses = {
  'half-additions': halfAdditions,
  'pool-positions': poolPositions,
  'pool-indices': poolIndices,
  'phase-pool': phasePool,
  'phase-adjoint': phaseAdjoint,
  'joined-tiles': joinedTiles,
  'few-channels': fewChannels,
  'merged-channels': mergedChannels,
  'strided-adjoints': stridedAdjoints,
  'conv-transpose': convTransposeAsConv,
  'conv-transpose-3d': convTranspose3d,
  'channel-scales': channelScales,
  'steep-masks': steepMasks,
  'nchwc-entries': nchwcEntries,
  'nchwc-masks': nchwcMasks,
  'nchwc-scalars': nchwcScalars,
  'padded-pools': paddedPools,
} as const satisfies Readonly<Record<string, LoweringPass>>;

export type LoweringPassName = keyof typeof loweringPasses;

/**
 * The passes for each target, in the order in which they run. `any`: none, the plain graph. `ort-cpu`, `ort-cuda` and `ort-webgpu`: the
 * providers of ONNX Runtime. Nodes that CUDA and WebGPU have no kernel for run on the CPU provider, so their lists have the passes without
 * which those give wrong results or none. CUDA has no pass that compares numbers by a convolution: it may round those to TF32.
 */
export const loweringTargets = {
  any: [],
  'ort-cpu': [
    'half-additions',
    'pool-positions',
    'pool-indices',
    'phase-pool',
    'phase-adjoint',
    'joined-tiles',
    'few-channels',
    'merged-channels',
    'strided-adjoints',
    'conv-transpose',
    'channel-scales',
    'steep-masks',
    'nchwc-entries',
    'nchwc-masks',
    'nchwc-scalars',
    'padded-pools',
  ],
  'ort-cuda': ['half-additions', 'pool-indices', 'conv-transpose', 'padded-pools'],
  'ort-webgpu': ['half-additions', 'pool-indices', 'conv-transpose', 'conv-transpose-3d', 'padded-pools'],
} as const satisfies Readonly<Record<LoweringTarget, readonly LoweringPassName[]>>;

/**
 * Returns the graph in the spelling of a target. Inputs, outputs and their values stay the same, up to the rounding of sums that are
 * added in another order. Types of values with a symbolic size are declared anew.
 */
export function lower(graph: Graph, target: LoweringTarget): Graph {
  const passes: readonly LoweringPassName[] = loweringTargets[target];
  const lowered = passes.reduce((current, name) => loweringPasses[name](current), graph);
  if (lowered === graph) return graph;
  const pruned = prune(lowered);
  const b = builderOf(pruned);
  return declareSymbolicTypes(pruned, (name) => b.typeOf(name));
}
