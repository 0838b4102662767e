import { named } from '../expression.js';
import type { Layout } from '../layout.js';
import { onceEach } from '../once.js';
import type { Key } from '../random/key.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Draws, Perturbation } from '../types/draws.js';
import { type ArgumentsOf, define, type Factory, type OptionShape, type Statement } from './definition.js';
import { type DrawRange, expectSpan } from './draw-range.js';
import { expectResultShape } from './result.js';

/** What the `make` of a perturbation returns: how draws are made, and what is promised of them. */
export interface PerturbationRecipe
  extends Pick<Perturbation, 'masks' | 'count' | 'exhaustive' | 'inputIndependent' | 'additive'> {
  /** Makes the draws of a range. Draw i depends on (x, key, i) only: `drawEach` gives each draw random numbers of its own. */
  draw(x: Tensor, range: DrawRange): Draws;
  /** Whether the draws depend on the layout of the input and no layout was given, so that the score's is taken; default false. */
  readonly layoutOpen?: boolean;
  /** The options that a layout of the score changes, where `layoutOpen`; default: the option `layout`. */
  changesIn?(layout: Layout): Readonly<Record<string, unknown>>;
}

/**
 * Defines a perturbation and returns its factory. A perturbation refuses draws that do not exist, from below 0 or beyond its count, with
 * `option-value`, and inputs of another shape with `plugin-result`.
 */
export function definePerturbation<
  const Name extends string,
  S extends OptionShape,
  Parts extends readonly unknown[] = [],
  N extends keyof S = never,
>(
  statement: Statement<Name, S, Parts, N, PerturbationRecipe>,
): Factory<Perturbation, Name, ArgumentsOf<S, Parts, N>> {
  return define<Perturbation, PerturbationRecipe, Name, S, Parts, N>(
    'perturbation',
    statement,
    ({ draw, layoutOpen = false, changesIn = inOption, ...promises }, { expression, remake }) => {
      const perturb = (x: Tensor, key: Key, from: number, to: number): Draws => {
        expectSpan(expression, { from, to }, promises.count?.(x.shape));
        const draws: Draws | undefined = draw(x, { key, from, to });
        // The inputs of compact draws are made when they are read, and have the right shape.
        if (draws?.compact === undefined)
          expectResultShape(`${expression}: inputs`, draws?.inputs, [to - from, ...x.shape]);
        return draws;
      };
      const inLayout = layoutOpen && { inLayout: onceEach((layout: Layout) => remake(changesIn(layout))) };
      return named(perturb, { expression, ...promises, ...inLayout });
    },
  );
}

const inOption = (layout: Layout) => ({ layout });
