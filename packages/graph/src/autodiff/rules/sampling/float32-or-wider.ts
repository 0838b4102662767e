import { isFloat } from '@onnxplain/core';
import type { Rule } from '../rule.js';

/**
 * Returns a rule that computes in float64 if an input is float64, else in float32. Half precision cannot represent all positions on a long
 * axis.
 */
export const inFloat32OrWider =
  (rule: Rule): Rule =>
  (b, step, dy) => {
    const isNumber = (name: string) => name !== '' && isFloat(b.dtype(name));
    const dtype = step.inputs.some((name) => isNumber(name) && b.dtype(name) === 'float64')
      ? 'float64'
      : 'float32';
    const cast = (name: string) => (isNumber(name) ? b.cast(name, dtype) : name);
    const found = rule(b, { ...step, inputs: step.inputs.map(cast) }, cast(dy));
    return found.map((d, i) => d && b.cast(d, b.dtype(step.inputs[i])));
  };
