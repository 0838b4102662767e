import { isFloat } from '@onnxplain/core';
import type { Rule } from '../rule.js';

/** A rule that computes in float32 at least, and in one type: half precision cannot tell the elements of a long axis apart. */
export const wide =
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
