import { type Typing, typingOf } from '../infer/typing.js';
import { freshNames } from '../ir/names.js';
import type { Graph, Value } from '../ir/types.js';
import type { Builder } from './builder.js';
import { type ConstantPool, constantPool } from './constant-pool.js';
import { type NodeList, nodeList } from './node-list.js';

/** The state of a builder: the graph so far. */
export interface Draft {
  readonly fresh: Builder['fresh'];
  readonly typing: Typing;
  readonly inputs: Value[];
  /** Names of inputs that `select` added: lists with a number for each row. Graphs keep them as metadata. */
  readonly targets: Set<string>;
  readonly constants: ConstantPool;
  readonly nodes: NodeList;
}

/** The metadata that names the targets of a graph. */
export const TARGETS = 'onnxplain.target';

/** Returns an empty draft. New names differ from those of the graph; the values of the graph around it are known. */
export function draftOf(graph: Graph, outer?: Pick<Draft, 'fresh' | 'typing'>): Draft {
  const fresh = outer?.fresh ?? freshNames(graph);
  const typing = typingOf(graph, outer?.typing);
  return {
    fresh,
    typing,
    inputs: [],
    targets: new Set(graph.metadata[TARGETS]?.split(',')),
    constants: constantPool({ fresh, added: typing.addConstant }),
    nodes: nodeList(),
  };
}
