import { entry, z } from '@onnxplain/core';
import type { RuleContext, RuleTable } from '../rules/rule.js';
import { withRectifiers } from './rectifier.js';

const rows = withRectifiers((rule) => (b, step, dy) => {
  const passed = b.map('Relu', dy);
  return rule(b, step, dy).map((d, i) => (i === rectifiedInput(step) ? passed : d));
});

/** Returns the index of the rectified input. For a Max with the constant 0, it is the other input. */
const rectifiedInput = ({ node, wanted }: RuleContext): number =>
  node.op === 'Max' ? wanted.indexOf(true) : 0;

/**
 * Deconvnet: the cotangent of a rectifier's input is max(dy, 0), whatever the sign of the input. Other activations keep their derivative.
 * Source: Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks".
 */
export const deconv = entry({
  name: 'deconv',
  summary: 'Deconvnet: rectifiers pass positive cotangents, whatever they did forward.',
  options: z.strictObject({}),
  make: (): RuleTable => ({ ...rows, name: 'deconv' }),
});
