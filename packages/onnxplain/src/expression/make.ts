import {
  type Definition,
  fail,
  type Layout,
  OnnxplainError,
  own,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { type CallExpression, type Expression, parse } from './parse.js';
import { type DefinedOption, refuseKind, refuseName, refuseOtherKind, refuseWord } from './refusals.js';
import { KINDS, type Kind, kindsOf, lookUp, type MadeOf, type Tables } from './tables.js';

type Field = Definition<unknown>['options']['shape'][string];

/** The option whose value a term gives. */
interface Option extends DefinedOption {
  readonly field: Field;
}

/** What `makeIn` needs beside the text: the tables of names, readers of the files that options name, and what a model adds. */
export interface MakeContext {
  readonly tables: Tables;
  readonly readTensor: (path: string) => Tensor;
  /** The mean of the rows of a file or folder. */
  readonly readMean: (path: string) => Tensor;
  /** The rows of a file or folder. */
  readonly readRows: (path: string) => Tensor;
  /** Arrays that options take by name, before files of that name. */
  readonly constants?: Readonly<Record<string, Tensor>>;
  /** The value of options named `layout` that the expression does not give. */
  readonly layout?: Layout;
}

/**
 * Makes what an expression names. With `kind`, the expression must name something of that kind.
 * Throws `expression-syntax`, `name-unknown` (with the nearest names), `kind-mismatch`, and what the factories throw.
 */
export function makeIn<K extends Kind = Kind>(context: MakeContext, text: string, kind?: K): MadeOf[K] {
  const call = asCall(parse(text), text);
  const kinds: readonly Kind[] = kind === undefined ? KINDS : [kind];
  const found = kinds.find((candidate) => lookUp(context.tables, candidate, call.name) !== undefined);
  if (found === undefined && kind !== undefined)
    refuseOtherKind({
      tables: context.tables,
      ...{ text, call, wanted: kind },
      canBeMade: (other, written) => canBeMade(context, other, written),
    });
  if (found === undefined) return refuseName(context.tables, call.name, kinds);
  // Where the caller gave a kind, `found` is that kind.
  return build(context, found, call) as MadeOf[K];
}

function asCall(term: Expression, text: string): CallExpression {
  if (term.kind === 'call') return term;
  if (term.kind === 'word') return bare(term.value, term.at);
  return fail({
    code: 'expression-syntax',
    where: `expression "${text}"`,
    expected: 'a name, such as gradient or smooth(gradient, gaussian(0.1))',
    got: `a ${term.kind}`,
  });
}

const bare = (name: string, at: number): CallExpression => ({
  kind: 'call',
  name,
  positional: [],
  named: [],
  at,
});

function build(context: MakeContext, kind: Kind, call: CallExpression): unknown {
  const entry = lookUp(context.tables, kind, call.name);
  if (entry === undefined) return refuseName(context.tables, call.name, [kind]);
  const { shape } = entry.options;
  const options = argumentsOf(call, entry).map(([name, term]) => {
    const known = Object.hasOwn(shape, name);
    const taken = own(entry.takes, name);
    return [
      name,
      known ? resolve(context, term, { field: own(shape, name), taken, name, entry }) : plain(term),
    ] as const;
  });
  const layout = context.layout !== undefined && Object.hasOwn(shape, 'layout') ? context.layout : undefined;
  return entry.make({ ...(layout && { layout }), ...Object.fromEntries(options) });
}

/** Makes what a call names; undefined where it cannot be made. */
function madeOf(context: MakeContext, kind: Kind, call: CallExpression): unknown {
  try {
    return build(context, kind, call);
  } catch (error) {
    if (error instanceof OnnxplainError) return undefined;
    throw error;
  }
}

/** The arguments of a call by name. Those given by position get their names from the definition. */
function argumentsOf(
  call: CallExpression,
  entry: Definition<unknown>,
): readonly (readonly [string, Expression])[] {
  const { positional } = entry;
  if (call.positional.length > positional.length) {
    fail({
      code: 'option-unknown',
      where: call.name,
      expected:
        positional.length === 0
          ? 'no options by position'
          : `at most ${positional.length} by position (${positional.join(', ')})`,
      got: `${call.positional.length}`,
      remedy: `Give the others by name: ${Object.keys(entry.options.shape).join(', ') || 'there are none'}.`,
    });
  }
  const byPosition = call.positional.map((value, i) => [positional[i], value] as const);
  for (const { name } of call.named) {
    if (byPosition.some(([given]) => given === name)) {
      fail({
        code: 'option-value',
        where: `${call.name}(${name})`,
        expected: 'one value',
        got: 'one by position and one by name',
      });
    }
  }
  return [...byPosition, ...call.named.map(({ name, value }) => [name, value] as const)];
}

/** Returns the first interpretation of a term that the option accepts. A word may be a choice, a name in a table, or a file. */
function resolve(context: MakeContext, term: Expression, option: Option): unknown {
  const { field } = option;
  let refused: OnnxplainError | undefined;
  for (const reading of readings(context, term, option)) {
    try {
      const value = reading();
      if (field.safeParse(value).success) return value;
    } catch (error) {
      if (!(error instanceof OnnxplainError)) throw error;
      refused ??= error;
    }
  }
  if (refused?.code === 'file-missing' && term.kind === 'word' && !/[./\\]/.test(term.value))
    refuseWord(term.value, refused, option);
  if (refused !== undefined) throw refused;
  refuseKind(context.tables, term, option);
  return plain(term);
}

function* readings(
  context: MakeContext,
  term: Expression,
  { field, taken }: Option,
): Iterable<() => unknown> {
  if (term.kind !== 'call') yield () => plain(term);
  if (term.kind === 'call' || term.kind === 'word') {
    const call = term.kind === 'call' ? term : bare(term.value, term.at);
    for (const kind of kindsOf(context.tables, call.name)) {
      if (kind === taken) yield () => build(context, kind, call);
      // A schema of a plugin may accept definitions without saying of which kind.
      if (taken === undefined) yield () => madeOf(context, kind, call) ?? plain(term);
    }
  }
  const path = term.kind === 'word' || term.kind === 'string' ? term.value : undefined;
  if (taken !== undefined || !takesTensor(field)) return;
  if (path !== undefined) yield () => tensorNamed(context, path);
  for (const [name, read] of [
    ['mean', context.readMean],
    ['rows', context.readRows],
  ] as const) {
    const file = fileIn(name, term);
    if (file !== undefined)
      yield () => Object.assign({ ...read(file) }, { expression: `${name}(${quoted(file)})` });
  }
}

/** Returns the value of a term for an option that takes numbers, words or lists. */
function plain(term: Expression): unknown {
  if (term.kind === 'list') return term.items.map(plain);
  if (term.kind === 'call') return `${term.name}(...)`;
  return term.value;
}

const takesTensor = (field: Field): boolean => field.safeParse(tensor([0], [1])).success;

/** Returns the numbers of a constant or a file. Their expression is its name, so that the canonical expression can name them. */
function tensorNamed({ readTensor, constants = {} }: MakeContext, name: string): Tensor {
  const found = own(constants, name) ?? readTensor(name);
  return Object.assign({ ...found }, { expression: quoted(name) });
}

const quoted = (name: string): string => (/^[^\s(),=[\]"']+$/.test(name) ? name : JSON.stringify(name));

/** The file in `name(FILE)`; undefined for another term. */
function fileIn(name: string, term: Expression): string | undefined {
  if (term.kind !== 'call' || term.name !== name || term.named.length > 0) return undefined;
  const [file, ...more] = term.positional;
  if (more.length > 0 || (file?.kind !== 'word' && file?.kind !== 'string')) return undefined;
  return file.value;
}

/** Whether a call can be made, as far as this is known without the files that it names. */
function canBeMade(context: MakeContext, kind: Kind, call: CallExpression): boolean {
  let named = false;
  const unread = () => {
    named = true;
    return tensor([0], [1]);
  };
  const readers = { readTensor: unread, readMean: unread, readRows: unread };
  return madeOf({ ...context, ...readers }, kind, call) !== undefined || named;
}
