import { make } from '../../expression/registry.js';
import type { Prepared } from '../prepare.js';

export interface LayoutUses {
  readonly explainer: readonly string[];
  readonly metric?: readonly string[];
  /** Whether pictures are drawn. */
  readonly draws: boolean;
}

/** Returns the notice that the layout is a guess, if an expression or a picture depends on the layout. */
export function layoutNotices(
  { layoutGuess, constants, plugins, inputs }: Prepared,
  { explainer, metric = [], draws }: LayoutUses,
): readonly string[] {
  if (layoutGuess === undefined) return [];
  const [{ tensor }] = inputs;
  const usesLayout = (kind: 'explainer' | 'metric') => (expression: string) =>
    make(expression, kind, { constants, plugins }).expression !==
    make(expression, kind, { constants, plugins, layout: 'wc' }).expression;
  const drawn = draws && tensor.shape.length === 3;
  return drawn || explainer.some(usesLayout('explainer')) || metric.some(usesLayout('metric'))
    ? [layoutGuess]
    : [];
}
