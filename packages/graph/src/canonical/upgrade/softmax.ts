import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { opOf } from '../../ir/ops.js';
import { appendChanged, below, input, type OpRewrite, type OpRewrites } from '../../rewrite/op-rewrite.js';

/**
 * Before opset 13 these operators worked on the input flattened to [d0*...*d(axis-1), d(axis)*...], with the default axis 1. Where all
 * axes after `axis` have size 1, today's operator along `axis` is equal; else Flatten and Reshape nodes are emitted.
 */
const flattened: OpRewrite = (node, b) => {
  const x = input(node, 0);
  const rank = b.rank(x);
  const { axis: given } = attributesOf(node, 'Softmax-1');
  const axis = given < 0 ? given + rank : given;
  if (
    b
      .dims(x)
      .slice(axis + 1)
      .every((dim) => dim === 1) &&
    axis < rank
  ) {
    return appendChanged(node, b, { attributes: { axis: attr.int(axis) } });
  }
  const flat = b.emit('Flatten', [x], { axis: attr.int(axis) });
  const y = b.emit(opOf(node), [flat], { axis: attr.int(1) });
  return [b.emit('Reshape', [y, b.reshapeTarget(x)])];
};

/** Upgrades of Softmax, LogSoftmax and Hardmax. */
export const softmax: OpRewrites = {
  Softmax: below(13, flattened),
  LogSoftmax: below(13, flattened),
  Hardmax: below(13, flattened),
};
