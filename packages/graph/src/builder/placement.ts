import type { Inferred } from '../infer/site.js';
import type { Typing } from '../infer/typing.js';
import type { Constant, Node, Value } from '../ir/types.js';
import type { Draft } from './draft.js';

/** Methods that add existing parts of a graph under their own names, for rewrites. */
export interface Placement {
  readonly typing: Typing;
  addInput(value: Value): void;
  /** Adds an input that has a number for each row. */
  addTarget(value: Value): void;
  addConstant(name: string, value: Constant): void;
  /** Appends a node under its own names. */
  append(node: Node): void;
  /** Returns the number of nodes so far. */
  nodeCount(): number;
  /** Infers the outputs of a node without adding it. Empty for an unknown operator and where the type of an input is unknown. */
  preview(node: Node): readonly (Inferred | undefined)[];
  /** Returns the node that makes a value, in this graph or the graph around it. */
  makerOf(name: string): Node | undefined;
  /** Renames an output of a node that was emitted since `mark`. Returns false where the value is no such output. */
  rename(from: string, to: string, mark: number): boolean;
}

export function placement(
  { typing, inputs, targets, constants, nodes }: Draft,
  outer?: Pick<Placement, 'makerOf'>,
): Placement {
  const addInput = (value: Value) => {
    inputs.push(value);
    typing.addInput(value);
  };
  return {
    typing,
    addInput,
    addTarget(value) {
      targets.add(value.name);
      addInput(value);
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
