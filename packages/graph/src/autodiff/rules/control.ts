import { type MathBuilder, mathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import type { Attribute } from '../../ir/types.js';
import { prune } from '../../rewrite/prune.js';
import { distinct, renamedGraph } from './inner.js';
import { iteration } from './iteration.js';
import { loopForward } from './loop-forward.js';
import type { RuleContext, RuleEntry } from './rule.js';
import { scanForward } from './scan-forward.js';

/** Operators that run inner graphs. */
export const control = {
  If: (b, step) => branches(b, step),
  Loop: (b, step) => iteration(b, step, loopForward(b, step)),
  Scan: (b, step) => iteration(b, step, scanForward(b, step)),
} as const satisfies Record<string, RuleEntry>;

/** The taken branch backward: an If on the same condition that gives the cotangent of everything captured. */
function branches(b: MathBuilder, step: RuleContext): readonly (string | undefined)[] {
  const { inputs, wanted } = step;
  const sources = inputs.filter((_, i) => wanted[i]);
  const results = b.emitMany('If', inputs.slice(0, 1), sources.length, {
    then_branch: branch(b, step, { name: 'then_branch', sources }),
    else_branch: branch(b, step, { name: 'else_branch', sources }),
  });
  return inputs.map((name, i) => (wanted[i] ? results[sources.indexOf(name)] : undefined));
}

interface Branch {
  readonly name: 'then_branch' | 'else_branch';
  /** Values around it that need a cotangent. */
  readonly sources: readonly string[];
}

function branch(b: MathBuilder, step: RuleContext, { name, sources }: Branch): Attribute {
  const graph = renamedGraph(b, attributesOf(step.node, 'If')[name]);
  const inner = mathBuilder(b.inside(graph));
  const found = step.pullback(inner, graph, { cotangents: step.cotangents, wrt: sources });
  const outputs = distinct(
    inner,
    found.map((d, i) => d ?? inner.zeros(sources[i])),
  );
  return { kind: 'graph', value: prune(inner.build(outputs)) };
}
