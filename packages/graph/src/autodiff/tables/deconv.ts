import { entry, z } from '@onnxplain/core';
import type { RuleContext, RuleTable } from '../rules/rule.js';
import { withRectifiers } from './rectifier.js';

const rows = withRectifiers((rule) => (b, step, dy) => {
  const passed = b.map('Relu', dy);
  return rule(b, step, dy).map((d, i) => (i === rectified(step) ? passed : d));
});

/** The input that is rectified: of a Max with 0, the other one. */
const rectified = ({ node, wanted }: RuleContext): number => (node.op === 'Max' ? wanted.indexOf(true) : 0);

/**
 * Deconvnet: a rectifier passes positive cotangents, whatever its sign was forward. Other activations keep their derivative.
 * Source: Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks".
 */
export const deconv = entry({
  name: 'deconv',
  summary: 'Deconvnet: rectifiers pass positive cotangents, whatever they did forward.',
  options: z.strictObject({}),
  make: (): RuleTable => ({ ...rows, name: 'deconv' }),
});
