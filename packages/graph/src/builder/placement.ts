import type { Inferred } from '../infer/site.js';
import type { Typing } from '../infer/typing.js';
import type { Constant, Node, Value } from '../ir/types.js';
import type { Draft } from './draft.js';

/** How the parts of a graph are placed in another as they stand; what rewriting one needs. */
export interface Placement {
  readonly typing: Typing;
  addInput(value: Value): void;
  addConstant(name: string, value: Constant): void;
  /** Appends a node under its own names. */
  append(node: Node): void;
  /** How many nodes there are so far. */
  nodeCount(): number;
  /** What inference says of a node's outputs, without adding it. Empty when it is foreign or an input's type is unknown. */
  preview(node: Node): readonly (Inferred | undefined)[];
  /** The node that makes a value, here or in the graph around. */
  makerOf(name: string): Node | undefined;
  /** Gives the output of a node emitted since `mark` another name; false when the value is not such an output. */
  rename(from: string, to: string, mark: number): boolean;
}

export function placement(
  { typing, inputs, constants, nodes }: Draft,
  outer?: Pick<Placement, 'makerOf'>,
): Placement {
  return {
    typing,
    addInput(value) {
      inputs.push(value);
      typing.addInput(value);
    },
    addConstant: constants.add,
    append(node) {
      typing.addNode(node);
      nodes.append(node);
    },
    nodeCount: () => nodes.all.length,
    preview: typing.preview,
    makerOf: (name) => nodes.makerOf(name) ?? outer?.makerOf(name),
    rename(from, to, mark) {
      const found = nodes.rename(from, to, mark);
      if (found) typing.rename(from, to);
      return found;
    },
  };
}
