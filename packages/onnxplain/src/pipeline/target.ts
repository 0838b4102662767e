import { didYouMean, fail } from '@onnxplain/core';
import type { NamedClass } from '@onnxplain/files';
import type { AxesTarget } from '@onnxplain/runtime';
import type { Place } from './place.js';
import { isPlaceText, readPlace } from './place-text.js';
import type { QueryOptions } from './scored-input.js';

/**
 * Classes to explain: 'predicted'; a number; a name, or several with commas between them, see {@link settleTarget}; what is taken along
 * the axes of an output, '3:sum:sum' or `{ at: [3, 'sum', 'sum'] }`; or a list of these, one per input.
 */
export type TargetOption = number | string | AxesTarget | readonly (number | string | AxesTarget)[];

export interface SettledTarget {
  readonly target: QueryOptions['target'];
  /** Names were given for elements of a flattened output, which must then be classes. */
  readonly byName: boolean;
  /** What is seldom meant as it was asked, a sentence each. */
  readonly doubts: readonly string[];
}

/**
 * What is asked for, by numbers. A text of digits is a number; one with colons tells what is taken along the axes of an output, see
 * `readPlace`. Any other is a name of the card, spelt as it is there, or but for capitals where that leaves one class; in
 * double quotes it is
 * a name whatever it looks like, with commas, colons or of digits.
 * Throws `name-unknown` with the nearest names, `option-value` for a name of several classes, `usage` where there are no names.
 */
export function settleTarget(asked: TargetOption | undefined, classes: readonly NamedClass[]): SettledTarget {
  if (asked === undefined || asked === 'predicted') return { target: asked, byName: false, doubts: [] };
  const listed = typeof asked === 'string' ? partsOf(asked, classes) : asked;
  if (!isList(listed)) return { target: listed, byName: false, doubts: [] };
  const places = listed.map((each) => (typeof each === 'string' ? placeOf(each, classes) : each));
  return {
    // A list of one is given for all inputs on the command line, where there are no lists otherwise.
    target: typeof asked === 'string' && places.length === 1 ? places[0] : places,
    byName: listed.some(
      (each, i) => typeof each === 'string' && typeof places[i] === 'number' && !DIGITS.test(each.trim()),
    ),
    doubts: [...new Set(listed.flatMap((each) => doubtsOf(each, classes)))],
  };
}

const isList = <T>(asked: number | AxesTarget | readonly T[]): asked is readonly T[] => Array.isArray(asked);

/** The number of a class, or what is taken along axes. A class of that name goes first. */
function placeOf(text: string, classes: readonly NamedClass[]): number | Place {
  if (matching(text.trim(), classes).length > 0 || !isPlaceText(text)) return numberOf(text, classes);
  const entries = readPlace(text);
  const named = entries.findIndex((entry) => typeof entry === 'object');
  const at = entries.map((entry) => (typeof entry === 'object' ? numberOf(entry.name, classes) : entry));
  return named < 0 ? { at } : { at, named };
}

/** A whole name may have commas in it; otherwise they divide. */
function partsOf(text: string, classes: readonly NamedClass[]): readonly string[] {
  if (matching(text, classes).length > 0) return [text];
  if (!LIST.test(text)) {
    return fail({ code: 'usage', where: 'target', expected: EXPECTED, got: `"${text}"` });
  }
  return text.match(PART) ?? [];
}

const EXPECTED = 'a class, or a place such as 4:900, several with commas between them, or predicted';

const PART = /(?:"(?:[^"\\]|\\.)*"|[^,"])+/g;
const LIST = new RegExp(`^(?:${PART.source})(?:,(?:${PART.source}))*$`);
const DIGITS = /^\d+$/;
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/;

/** The number of one class. */
function numberOf(text: string, classes: readonly NamedClass[]): number {
  const word = text.trim();
  if (DIGITS.test(word)) return Number(word);
  const name = QUOTED.exec(word)?.[1].replace(/\\(.)/g, '$1') ?? word;
  const [found, ...others] = matching(name, classes);
  if (found === undefined) return refuseName(name, classes);
  if (others.length > 0) refuseChoice(name, [found, ...others]);
  return found.k;
}

/** Classes of a name; those that differ from it in capitals only where none is spelt so. */
function matching(name: string, classes: readonly NamedClass[]): readonly NamedClass[] {
  const exact = classes.filter(({ label }) => label === name);
  if (exact.length > 0) return exact;
  const plain = (text: string) => text.trim().toLowerCase();
  return classes.filter(({ label }) => plain(label) === plain(name));
}

function refuseName(name: string, classes: readonly NamedClass[]): never {
  const got = `"${name}"`;
  if (classes.length === 0) {
    return fail({
      code: 'usage',
      where: 'target',
      expected: 'the number of a class, or predicted, as the model has no card with names of classes',
      got,
      remedy: 'List the names as "labels" in MODEL.card.json.',
    });
  }
  const names = classes.map(({ label }) => `"${label}"`);
  return fail({
    code: 'name-unknown',
    where: 'target',
    expected: `the name or number of one of ${classes.length} classes, or predicted`,
    got,
    remedy: didYouMean(got, names) ?? `The first names are ${names.slice(0, 5).join(', ')}.`,
  });
}

function refuseChoice(name: string, found: readonly NamedClass[]): never {
  return fail({
    code: 'option-value',
    where: 'target',
    expected: 'the name of one class',
    got: `"${name}" for ${found.map(({ k, label }) => `class ${k} ("${label}")`).join(', ')}`,
    remedy: 'Give its number.',
  });
}

/** Digits in a text that are the name of another class. */
function doubtsOf(asked: number | string | AxesTarget, classes: readonly NamedClass[]): readonly string[] {
  if (typeof asked !== 'string' || !DIGITS.test(asked.trim())) return [];
  const digits = asked.trim();
  const others = classes.filter(({ k, label }) => label === digits && k !== Number(digits));
  return others.map(
    ({ k }) =>
      `target ${digits} is the class of that number; the one named "${digits}" is ${k}: --target '"${digits}"'`,
  );
}
