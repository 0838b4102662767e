import {
  type Fitter,
  fitter,
  type Perturbation,
  type Products,
  type Solver,
  showShape,
  type Tensor,
  type WeightedRows,
} from '@onnxplain/core';

/** Largest system that is kept: 4096 unknowns, 128 MiB. */
const LARGEST_KEPT = 4096;

/** Factorises the left sides of the equations at x. */
export type Fitters = (blocks: readonly WeightedRows[], x: Tensor, products: Products) => Promise<Fitter>;

/**
 * Where the perturbation's masks are fixed, the last design is kept for each `products`: explanations of inputs of one shape and
 * type, also those under way at the same time, share its factorisation.
 */
export function fittersOf(perturbation: Perturbation, solver: Solver): Fitters {
  const fresh: Fitters = (blocks, _, products) => fitter({ blocks }, solver, products);
  // Without masks the rows are x - inputs, which were rounded with x: another x has other rows.
  if (!perturbation.inputIndependent || !perturbation.masks) return fresh;
  const kept = new WeakMap<Products, { readonly inputs: string; readonly made: Promise<Fitter> }>();
  return (blocks, x, products) => {
    if (systemSize(blocks) > LARGEST_KEPT) return fresh(blocks, x, products);
    const inputs = `${showShape(x.shape)} of ${x.data.constructor.name}`;
    const last = kept.get(products);
    if (last?.inputs === inputs) return last.made;
    const made = fresh(blocks, x, products);
    kept.set(products, { inputs, made });
    // Whoever asks gets the error; the next one tries again.
    made.catch(() => kept.delete(products));
    return made;
  };
}

function systemSize(blocks: readonly WeightedRows[]): number {
  const equations = blocks.reduce((sum, { rows }) => sum + rows.n, 0);
  return Math.min(equations, blocks[0]?.rows.d ?? 0);
}
