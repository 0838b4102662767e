import { type Definition, didYouMean, fail, type OnnxplainError } from '@onnxplain/core';
import { describeEntry, exampleOf } from './describe.js';
import { type Misplaced, remedyOf } from './other-kind.js';
import type { CallExpression, Expression } from './parse.js';
import { expressionOfSynonym } from './synonyms.js';
import { KINDS, type Kind, kindsOf, lookUp, type Tables, withArticle } from './tables.js';

/** An option of a definition. */
export interface DefinedOption {
  readonly name: string;
  /** The definition that has the option. */
  readonly entry: Definition<unknown>;
  /** The kind of definition that the option takes; undefined for numbers, words, lists and arrays. */
  readonly taken: Kind | undefined;
}

/** Throws for a word that is no value of an option and names no file: says which forms a value may have. */
export function refuseWord(word: string, missing: OnnxplainError, { name, entry }: DefinedOption): never {
  const type = describeEntry(entry).options.find((option) => option.name === name)?.type;
  return fail({
    ...missing.diagnosis,
    where: `${entry.name}(${name})`,
    expected: type ?? missing.diagnosis.expected,
    got: `"${word}", which is no file either`,
    remedy: missing.diagnosis.remedy ?? `Where inputs are pictures, a file may be one: ${name}=${word}.png.`,
  });
}

/** Throws `kind-mismatch` for an option that names something of another kind. */
export function refuseKind(
  tables: Tables,
  term: Expression,
  { taken, name: option, entry }: DefinedOption,
): void {
  if (term.kind !== 'call' && (term.kind !== 'word' || taken === undefined)) return;
  const name = term.kind === 'call' ? term.name : term.value;
  const kinds = kindsOf(tables, name);
  if (kinds.length === 0) refuseName(tables, name, taken === undefined ? KINDS : [taken]);
  if (taken === undefined) return;
  fail({
    code: 'kind-mismatch',
    where: `${entry.name}(${option})`,
    expected: withArticle(taken),
    got: `the ${kinds.join(' or ')} ${name}`,
    remedy: `The options are those of ${describeEntry(entry).usage}.`,
  });
}

/** A whole expression that may name something of another kind than the one that was asked for. */
interface OtherKind extends Pick<Misplaced, 'tables' | 'text' | 'call' | 'wanted'> {
  /** Whether a call can be made, as far as this is known without the files that it names. */
  readonly canBeMade: (kind: Kind, call: CallExpression) => boolean;
}

/** Throws `kind-mismatch` where the name of the whole expression is one of another kind. */
export function refuseOtherKind(named: OtherKind): void {
  const { tables, text, call, wanted, canBeMade } = named;
  const kinds = kindsOf(tables, call.name);
  const [found] = kinds;
  const entry = found && lookUp(tables, found, call.name);
  if (entry === undefined) return;
  const accepted = acceptedOf(named, found);
  fail({
    code: 'kind-mismatch',
    where: `${wanted} "${call.name}"`,
    expected: withArticle(wanted),
    got: `the ${kinds.join(' or ')} ${call.name}`,
    remedy: remedyOf({
      tables,
      wanted,
      found,
      text: canBeMade(found, call) ? text : exampleOf(entry),
      call: accepted,
      refused: accepted.named.length < call.positional.length + call.named.length,
    }),
  });
}

/** The call with those of its arguments, by name, that its definition takes. */
function acceptedOf({ tables, call, canBeMade }: OtherKind, kind: Kind): CallExpression {
  const names = Object.keys(lookUp(tables, kind, call.name)?.options.shape ?? {});
  const byPosition = call.positional
    .slice(0, names.length)
    .map((value, i) => ({ name: names[i], value, at: value.at }));
  const named = [...byPosition, ...call.named].filter((argument) =>
    canBeMade(kind, { ...call, positional: [], named: [argument] }),
  );
  return { ...call, positional: [], named };
}

/** Throws `name-unknown` with what the name may have meant. */
export function refuseName(tables: Tables, name: string, kinds: readonly Kind[]): never {
  const known = kinds.flatMap((kind) => Object.keys(tables[kind]));
  const word = kinds.length === KINDS.length ? 'name' : kinds.join(' or ');
  const synonym = expressionOfSynonym(name, kinds);
  return fail({
    code: 'name-unknown',
    where: `${word} "${name}"`,
    expected: `one of ${known.sort().join(', ')}`,
    got: `"${name}"`,
    remedy: synonym === undefined ? didYouMean(name, known) : `Here it is written ${synonym}.`,
  });
}
