import {
  type Design,
  type Fitter,
  fitter,
  type Perturbation,
  type Products,
  type Solver,
  showShape,
  type Tensor,
} from '@onnxplain/core';

/** Largest system that is kept: 4096 unknowns, 128 MiB. */
const LARGEST_KEPT = 4096;

/** What a design is factorised for and by. */
export interface FitterSetting {
  readonly x: Tensor;
  readonly products: Products;
  readonly solver: Solver;
}

/** Factorises the left sides of the equations at x. */
export type Fitters = (design: Design, setting: FitterSetting) => Promise<Fitter>;

/**
 * Returns a function that factorises designs. Where the perturbation's masks do not depend on the input and `keeps` says so, the last
 * design is kept for each `products`: explanations of inputs of one shape and type share its factorisation, also while they run at the
 * same time.
 */
export function fittersOf(perturbation: Perturbation, keeps: boolean): Fitters {
  const fresh: Fitters = (design, { solver, products }) => fitter(design, solver, products);
  // Without masks the rows are x - inputs. Rounding makes them depend on x.
  if (!keeps || !perturbation.inputIndependent || !perturbation.masks) return fresh;
  const kept = new WeakMap<Products, { readonly inputs: string; readonly made: Promise<Fitter> }>();
  return (design, setting) => {
    const { x, products } = setting;
    if (systemSize(design) > LARGEST_KEPT) return fresh(design, setting);
    const inputs = `${showShape(x.shape)} of ${x.data.constructor.name}`;
    const last = kept.get(products);
    if (last?.inputs === inputs) return last.made;
    const made = fresh(design, setting);
    kept.set(products, { inputs, made });
    // The callers of this factorisation get the error; the next call tries again.
    made.catch(() => kept.delete(products));
    return made;
  };
}

function systemSize({ blocks }: Design): number {
  const equations = blocks.reduce((sum, { rows }) => sum + rows.n, 0);
  return Math.min(equations, blocks[0]?.rows.d ?? 0);
}
