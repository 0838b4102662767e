import { fail } from '@onnxplain/core';
import type { AttributeInit, Builder, InnerGraph } from './builder.js';
import { constantFrom } from './eval/numbers.js';
import { constantOfElements } from './infer/contents.js';
import type { Inferred } from './infer/site.js';
import { type Typing, typingOf } from './infer/typing.js';
import { isShareable, keyOfConstant, keyOfNode } from './keys.js';
import { namer, namesIn } from './names.js';
import type {
  Attribute,
  Attributes,
  Constant,
  DataType,
  Dim,
  Graph,
  Node,
  Value,
  ValueType,
} from './types.js';

/** A builder that also places nodes as they stand; what rewriting a graph needs. */
export interface GraphBuilder extends Builder {
  readonly typing: Typing;
  /** How many nodes there are so far. */
  readonly length: number;
  addInput(value: Value): void;
  addConstant(name: string, value: Constant): void;
  /** Appends a node under its own names. */
  append(node: Node): void;
  /** What inference says of a node's outputs, without adding it. Empty when it is foreign or an input's type is unknown. */
  preview(node: Node): readonly (Inferred | undefined)[];
  /** The node that makes a value, here or in the graph around. */
  makerOf(name: string): Node | undefined;
  /** Gives the output of a node emitted since `mark` another name; false when the value is not such an output. */
  rename(from: string, to: string, mark: number): boolean;
}

/** A builder that continues a graph: its values keep their names, types and constants. */
export function builderOf(graph: Graph): Builder {
  return graphBuilderOf(graph);
}

/** The same as {@link builderOf}, of which more may be asked. */
export function graphBuilderOf(graph: Graph, outer?: GraphBuilder): GraphBuilder {
  const builder = builderWithin(graph, outer);
  for (const value of graph.inputs) builder.addInput(value);
  for (const [name, value] of graph.constants) builder.addConstant(name, value);
  for (const node of graph.nodes) builder.append(node);
  return builder;
}

/** A builder of a new graph in the standard domain. */
export function emptyBuilder(opset: number): Builder {
  return builderOf({
    name: '',
    opsets: { '': opset },
    inputs: [],
    outputs: [],
    constants: new Map(),
    nodes: [],
    metadata: {},
    functions: [],
    declared: new Map(),
  });
}

/** A builder that takes a graph's header and avoids its names, but holds none of its values yet; `outer` builds the graph around it. */
export function builderWithin(graph: Graph, outer?: GraphBuilder): GraphBuilder {
  return new NodeBuilder(graph, outer);
}

class NodeBuilder implements GraphBuilder {
  readonly typing: Typing;
  readonly opset: number;
  readonly fresh: (hint: string) => string;
  readonly #header: Graph;
  readonly #outer: GraphBuilder | undefined;
  readonly #inputs: Value[] = [];
  readonly #constants = new Map<string, Constant>();
  readonly #nodes: Node[] = [];
  readonly #makers = new Map<string, Node>();
  /** How many nodes are in `#makers`: nodes are indexed when the first question about them comes. */
  #made = 0;
  readonly #emitted = new Map<string, readonly string[]>();
  /** How many nodes are in `#emitted`. */
  #shared = 0;
  /** By contents for small ones, by identity for others. */
  readonly #constantNames = new Map<string | Constant, string>();
  /** Names of scalars by dtype and value. */
  readonly #scalars = new Map<string, string>();

  constructor(header: Graph, outer: GraphBuilder | undefined) {
    this.#header = header;
    this.#outer = outer;
    this.typing = typingOf(header, outer?.typing);
    this.opset = header.opsets[''] ?? 0;
    // Collecting the names takes time that most rewrites do not need.
    let name: ((hint: string) => string) | undefined;
    this.fresh =
      outer?.fresh ??
      ((hint) => {
        name ??= namer(namesIn(header));
        return name(hint);
      });
  }

  get length(): number {
    return this.#nodes.length;
  }

  addInput(value: Value): void {
    this.#inputs.push(value);
    this.typing.addInput(value);
  }

  addConstant(name: string, value: Constant): void {
    this.#constants.set(name, value);
    this.typing.addConstant(name, value);
    const key = keyOfConstant(value) ?? value;
    if (!this.#constantNames.has(key)) this.#constantNames.set(key, name);
  }

  append(node: Node): void {
    this.typing.addNode(node);
    this.#nodes.push(node);
  }

  preview(node: Node): readonly (Inferred | undefined)[] {
    return this.typing.preview(node);
  }

  makerOf(name: string): Node | undefined {
    for (; this.#made < this.#nodes.length; this.#made++) this.#make(this.#nodes[this.#made]);
    return this.#makers.get(name) ?? this.#outer?.makerOf(name);
  }

  type(name: string): ValueType {
    const type = this.typing.typeOf(name);
    if (type !== undefined) return type;
    return fail({
      code: 'value-unknown',
      where: `value "${name}"`,
      expected: 'a value of the graph whose type is known',
      got: 'none',
      remedy: 'Check the name, or run shape inference on the model so that the file declares its type.',
    });
  }

  typeOf(name: string): ValueType | undefined {
    return this.typing.typeOf(name);
  }

  dtype(name: string): DataType {
    return this.type(name).dtype;
  }

  dims(name: string): readonly Dim[] {
    const { dims } = this.type(name);
    if (dims !== undefined) return dims;
    return fail({
      code: 'shape-mismatch',
      where: `value "${name}"`,
      expected: 'a known rank',
      got: 'an unknown one',
      remedy: 'Run shape inference on the model, or export it with fixed ranks.',
    });
  }

  rank(name: string): number {
    return this.dims(name).length;
  }

  constantOf(name: string): Constant | undefined {
    return this.typing.constantOf(name);
  }

  constant(value: Constant, hint = 'constant'): string {
    const same = this.#constantNames.get(keyOfConstant(value) ?? value);
    if (same !== undefined) return same;
    const name = this.fresh(hint);
    this.addConstant(name, value);
    return name;
  }

  scalar(value: number, like: string): string {
    const dtype = this.dtype(like);
    const key = `${dtype} ${Object.is(value, -0) ? '-0' : value}`;
    const known = this.#scalars.get(key);
    if (known !== undefined) return known;
    const name = this.constant(constantFrom(dtype, [], [value]), 'scalar');
    this.#scalars.set(key, name);
    return name;
  }

  ints(values: readonly number[]): string {
    return this.constant(constantFrom('int64', [values.length], values), 'ints');
  }

  shape(name: string): string {
    return this.emit('Shape', [name]);
  }

  reshapeTarget(name: string): string {
    const dims = this.dims(name);
    const symbolic = dims.filter((dim) => typeof dim !== 'number').length;
    // Beside a 0, a -1 has no one size.
    if (symbolic > 1 || (symbolic === 1 && dims.includes(0))) return this.shape(name);
    return this.ints(dims.map((dim) => (typeof dim === 'number' ? dim : -1)));
  }

  emit(op: string, inputs: readonly string[], attributes: AttributeInit = {}): string {
    return this.emitMany(op, inputs, 1, attributes)[0] ?? '';
  }

  emitMany(
    op: string,
    inputs: readonly string[],
    outputs: number,
    attributes: AttributeInit = {},
  ): readonly string[] {
    const draft = {
      op,
      domain: '',
      name: '',
      inputs,
      outputs: new Array<string>(outputs).fill(''),
      attributes: given(attributes),
    };
    const key = keyOfNode(draft);
    const same = key !== undefined && isShareable(draft) ? this.#emittedAs(key) : undefined;
    if (same !== undefined) return same;
    const names = draft.outputs.map(() => this.fresh(op));
    const node: Node = { ...draft, name: names[0] ?? op, outputs: names };
    this.typing.addNode(node);
    const folded = names.map((name) => this.#fold(name));
    if (folded.every((name) => name !== undefined)) return folded;
    this.#nodes.push(node);
    if (key !== undefined) this.#shareLast(key);
    return names;
  }

  rename(from: string, to: string, mark: number): boolean {
    let at = mark;
    while (at < this.#nodes.length && !this.#nodes[at].outputs.includes(from)) at++;
    if (at === this.#nodes.length) return false;
    const swap = (names: readonly string[]) => names.map((name) => (name === from ? to : name));
    for (let i = at; i < this.#nodes.length; i++) {
      const node = this.#nodes[i];
      this.#replace(i, { ...node, inputs: swap(node.inputs), outputs: swap(node.outputs) });
    }
    this.typing.rename(from, to);
    return true;
  }

  inside({ inputs, constants = new Map(), nodes = [], declared = new Map() }: InnerGraph): Builder {
    const { opsets } = this.#header;
    const header = {
      name: 'body',
      opsets,
      metadata: {},
      functions: [],
      outputs: [],
      inputs,
      constants,
      nodes,
      declared,
    };
    return graphBuilderOf(header, this);
  }

  build(outputs: readonly Value[], inputs: readonly Value[] = this.#inputs): Graph {
    return { ...this.#header, inputs, outputs, constants: new Map(this.#constants), nodes: [...this.#nodes] };
  }

  /** The constant that a just inferred value is, when its contents are integers and all known. */
  #fold(name: string): string | undefined {
    const type = this.typing.typeOf(name);
    const value = type && constantOfElements(type, this.typing.elementsOf(name));
    return value && this.constant(value);
  }

  #replace(at: number, node: Node): void {
    if (at < this.#shared) this.#forget(this.#nodes[at]);
    this.#nodes[at] = node;
    if (at < this.#shared) this.#share(node);
    if (at < this.#made) this.#make(node);
  }

  #make(node: Node): void {
    for (const name of node.outputs) this.#makers.set(name, node);
  }

  /** What has been emitted under a key. */
  #emittedAs(key: string): readonly string[] | undefined {
    for (; this.#shared < this.#nodes.length; this.#shared++) this.#share(this.#nodes[this.#shared]);
    return this.#emitted.get(key);
  }

  #share(node: Node): void {
    if (!isShareable(node)) return;
    const key = keyOfNode(node);
    if (key !== undefined && !this.#emitted.has(key)) this.#emitted.set(key, node.outputs);
  }

  /** Shares the node that has just been emitted, after all others were. */
  #shareLast(key: string): void {
    if (this.#shared < this.#nodes.length - 1) return;
    const node = this.#nodes[this.#shared++];
    if (isShareable(node)) this.#emitted.set(key, node.outputs);
  }

  #forget(node: Node): void {
    const key = keyOfNode(node);
    if (key !== undefined && this.#emitted.get(key) === node.outputs) this.#emitted.delete(key);
  }
}

/** The attributes that are there. */
function given(attributes: AttributeInit): Attributes {
  if (areGiven(attributes)) return attributes;
  const entries = Object.entries(attributes).filter(
    (entry): entry is [string, Attribute] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}

const areGiven = (attributes: AttributeInit): attributes is Attributes =>
  !Object.values(attributes).includes(undefined);
