import type { MathBuilder } from '../builder/math-builder.js';
import { attributesOf } from '../ir/attributes.js';
import type { Node } from '../ir/types.js';
import type { Path, PathNode } from './path.js';
import type { RuleContext, RuleEntry } from './rules/rule.js';
import {
  isElementwise,
  isSingular,
  maskRuleOf,
  multipliesCotangent,
  overflowingSums,
  overflowSelectionOf,
  type Selection,
  selectionOf,
} from './rules/selection.js';
import { unbroadcast } from './unbroadcast.js';

/** A bool that broadcasts to a value: true where a choice on the way to the result selected the element. It is emitted when called. */
type Taken = () => string;

type Parts = readonly (string | undefined)[];

/** Sets cotangents of elements that no choice selected to 0. */
export interface Untaken {
  /**
   * Returns the cotangents that a node's rule found, with 0 where no Where, Clip, Max or Min selected the elements of its output. Call it
   * for every node, from the last to the first.
   */
  settle(pathNode: { readonly node: Node; readonly row: RuleEntry }, step: RuleContext, found: Parts): Parts;
}

/**
 * Keeps the contribution of a branch that was not selected at 0. Its cotangent is 0, and 0 times an infinite derivative would be NaN.
 * A node gets a guard where every path from it to the result passes such a choice, and where it may multiply by something infinite.
 * A Where whose condition does not depend on `wrt` is no such choice: it selects entries by position, as a mask does.
 * `seeds` are the values that the backward pass starts from.
 */
export function untakenOf(b: MathBuilder, { pathNodes, varying }: Path, seeds: Iterable<string>): Untaken {
  const singular = divergent(b, pathNodes);
  const overflowing = overflowingSums(
    b,
    pathNodes.map(({ node }) => node),
  );
  const marks = new Map<string, Taken | 'always'>([...seeds].map((name) => [name, 'always']));
  const meet = (name: string, mark: Taken | undefined): void => {
    const known = marks.get(name);
    if (known === undefined) marks.set(name, mark ?? 'always');
    else if (known !== 'always') marks.set(name, mark === undefined ? 'always' : either(b, known, mark));
  };
  const meetAll = ({ inputs }: RuleContext, found: Parts, taken: readonly (Taken | undefined)[]): void => {
    for (const [i, part] of found.entries()) if (part !== undefined) meet(inputs[i], taken[i]);
  };
  return {
    settle({ node, row }, step, found) {
      const mark = node.outputs.length === 1 ? marks.get(node.outputs[0]) : undefined;
      const output = mark === 'always' ? undefined : mark;
      const choice = selectionOf({ node, row }, varying) ?? overflowSelectionOf({ node, row }, overflowing);
      if (output === undefined && choice === undefined) {
        meetAll(step, found, []);
        return found;
      }
      const taken = takenOf(b, { row, step, output, choice });
      meetAll(step, found, taken);
      const guarded = output !== undefined && multipliesCotangent(node.op) && singular(node);
      return guarded ? guard(b, { row, step, output, taken }, found) : found;
    },
  };
}

/** Whether a node, or a node before it, may be infinite. It is computed at the first call, for most graphs never. */
function divergent(b: MathBuilder, pathNodes: readonly PathNode[]): (node: Node) => boolean {
  let found: ReadonlySet<string> | undefined;
  return (node) => {
    found ??= divergentValues(b, pathNodes);
    return isSingular(b, node) || node.inputs.some((name) => found?.has(name));
  };
}

function divergentValues(b: MathBuilder, pathNodes: readonly PathNode[]): ReadonlySet<string> {
  const values = new Set<string>();
  for (const { node } of pathNodes) {
    if (!isSingular(b, node) && !node.inputs.some((name) => values.has(name))) continue;
    for (const name of node.outputs) values.add(name);
  }
  return values;
}

interface Marked {
  readonly row: RuleEntry;
  readonly step: RuleContext;
  /** Where the node's output was selected; undefined: everywhere. */
  readonly output: Taken | undefined;
}

/** Returns where each input of a node was selected. */
function takenOf(
  b: MathBuilder,
  { row, step, output, choice }: Marked & { choice: Selection | undefined },
): readonly (Taken | undefined)[] {
  const { op, outputs } = step.node;
  if (choice !== undefined) {
    const chosen = choice.selected(b, step);
    return step.inputs.map((x, i) => narrowed(b, both(b, chosen[i], output), { x, y: outputs[0] }));
  }
  if (isElementwise(op, row)) return step.inputs.map((x) => narrowed(b, output, { x, y: outputs[0] }));
  if (output === undefined) return [];
  if (op === 'Softmax' || op === 'LogSoftmax') return [alongAxis(b, step, output)];
  const spread = maskRuleOf(op, row);
  if (spread === undefined) return [];
  let parts: Parts | undefined;
  return step.inputs.map((x, i) => {
    if (!step.wanted[i]) return undefined;
    return once(() => {
      parts ??= spread(b, step, numbers(b, output(), outputs[0]));
      const part = parts[i];
      return part === undefined ? output() : b.compare('Greater', unbroadcast(b, part, x), 0);
    });
  });
}

/** Marks all elements along the axis where one of them was selected. */
function alongAxis(b: MathBuilder, { node, outputs: [y] }: RuleContext, output: Taken): Taken {
  return once(() => {
    const axes = b.ints([attributesOf(node, 'Softmax').axis]);
    return b.compare('Greater', b.emit('ReduceMax', [numbers(b, output(), y), axes]), 0);
  });
}

/** Reduces a mark from the shape of the output to that of an input that was broadcast to it. */
function narrowed(
  b: MathBuilder,
  taken: Taken | undefined,
  { x, y }: { x: string; y: string },
): Taken | undefined {
  if (taken === undefined || x === '') return undefined;
  const [from, to] = [b.dims(y), b.dims(x)];
  if (from.length === to.length && from.every((size, axis) => size === to[axis])) return taken;
  return once(() => b.compare('Greater', unbroadcast(b, numbers(b, taken(), y), x), 0));
}

/** A mask as numbers 0 and 1 in the shape and dtype of a value. */
const numbers = (b: MathBuilder, taken: string, like: string): string => b.expand(b.mask(taken, like), like);

/** Returns the cotangents of the rule, with 0 where nothing was selected. */
function guard(
  b: MathBuilder,
  { row, step, output, taken }: Marked & { output: Taken; taken: readonly (Taken | undefined)[] },
  found: Parts,
): Parts {
  const { node, inputs } = step;
  return found.map((part, i) => {
    if (part === undefined || !step.wanted[i]) return part;
    // Elementwise rules return the cotangent of an input in the shape of the output, before the broadcast is undone.
    const mark = isElementwise(node.op, row) ? output : taken[i];
    const like = isElementwise(node.op, row) ? node.outputs[0] : inputs[i];
    return mark === undefined || b.rank(part) !== b.rank(like) ? part : b.where(mark(), part, 0);
  });
}

function both(b: MathBuilder, x: Taken | undefined, y: Taken | undefined): Taken | undefined {
  if (x === undefined || y === undefined) return x ?? y;
  return once(() => b.emit('And', [x(), y()]));
}

const either = (b: MathBuilder, x: Taken, y: Taken): Taken =>
  x === y ? x : once(() => b.emit('Or', [x(), y()]));

function once(make: Taken): Taken {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
