import { entry, z } from '@onnxplain/core';
import type { RuleTable } from '../rules/rule.js';
import { withRectifiers } from './rectifier.js';

const rows = withRectifiers((rule) => (b, step, dy) => rule(b, step, b.map('Relu', dy)));

/**
 * Guided backpropagation: the rule of a rectifier is applied to max(dy, 0). Other activations keep their derivative.
 * Source: Springenberg et al. 2015, "Striving for Simplicity: The All Convolutional Net".
 */
export const guided = entry({
  name: 'guided',
  summary: 'Guided backpropagation: rectifiers pass positive cotangents where they passed forward.',
  options: z.strictObject({}),
  make: (): RuleTable => ({ ...rows, name: 'guided' }),
});
