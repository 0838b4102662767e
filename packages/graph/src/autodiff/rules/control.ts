import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Attribute } from '../../ir/types.js';
import { prune } from '../../rewrite/prune.js';
import { distinctOutputs, renamedGraph } from './inner.js';
import { iterationBackward } from './iteration.js';
import { loopForward } from './loop-forward.js';
import type { RuleContext, RuleEntry } from './rule.js';
import { scanForward } from './scan-forward.js';

/** Backward rules of operators that run inner graphs. */
export const control = {
  If: (b, step) => ifBackward(b, step),
  Loop: (b, step) => iterationBackward(b, step, loopForward(b, step)),
  Scan: (b, step) => iterationBackward(b, step, scanForward(b, step)),
} as const satisfies Record<string, RuleEntry>;

/**
 * Emits an If on the same condition. Each of its branches is the backward pass of a branch and gives the cotangents of all captured values.
 */
function ifBackward(b: MathBuilder, step: RuleContext): readonly (string | undefined)[] {
  const { inputs, wanted } = step;
  const sources = inputs.filter((_, i) => wanted[i]);
  const results = b.emitMany('If', inputs.slice(0, 1), sources.length, {
    then_branch: branchBackward(b, step, { name: 'then_branch', sources }),
    else_branch: branchBackward(b, step, { name: 'else_branch', sources }),
  });
  return inputs.map((name, i) => (wanted[i] ? results[sources.indexOf(name)] : undefined));
}

interface Branch {
  readonly name: 'then_branch' | 'else_branch';
  /** Captured values that need a cotangent. */
  readonly sources: readonly string[];
}

function branchBackward(b: MathBuilder, step: RuleContext, { name, sources }: Branch): Attribute {
  const graph = renamedGraph(b, attributesOf(step.node, 'If')[name]);
  const inner = mathBuilder(b.inside(graph));
  const found = step.pullback(inner, graph, { cotangents: step.cotangents, wrt: sources });
  const outputs = distinctOutputs(
    inner,
    found.map((d, i) => d ?? inner.zeros(sources[i])),
  );
  return { kind: 'graph', value: prune(inner.build(outputs)) };
}
