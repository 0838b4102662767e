import { make } from '../../expression/registry.js';
import type { Prepared } from '../prepare.js';

export interface Going {
  readonly explainer: readonly string[];
  readonly metric?: readonly string[];
  /** Whether pictures are drawn. */
  readonly draws: boolean;
}

/** That the layout is a guess, where something asked for goes by it. */
export function untoldLayout(
  { untoldLayout: text, constants, loaded: { inputs } }: Prepared,
  { explainer, metric = [], draws }: Going,
): readonly string[] {
  if (text === undefined) return [];
  const [{ tensor }] = inputs;
  const goesBy = (kind: 'explainer' | 'metric') => (expression: string) =>
    make(expression, kind, { constants }).expression !==
    make(expression, kind, { constants, layout: 'wc' }).expression;
  const drawn = draws && tensor.shape.length === 3;
  return drawn || explainer.some(goesBy('explainer')) || metric.some(goesBy('metric')) ? [text] : [];
}
