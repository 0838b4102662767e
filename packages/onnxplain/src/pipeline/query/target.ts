import { counted, didYouMean, fail } from '@onnxplain/core';
import type { NamedClass } from '@onnxplain/files';
import type { AxesTarget } from '@onnxplain/runtime';
import type { QueryOptions } from './query.js';
import type { NamedAxesTarget } from './target-entries.js';
import { isEntriesText, readEntries } from './target-text.js';

/**
 * The target as a caller gives it: 'predicted'; the number of a class; its name, or several names with commas between them; what is taken
 * along the axes of an output, as the text '3:sum:sum' or as `{ at: [3, 'sum', 'sum'] }`; or a list of these, one per input.
 */
export type TargetOption = number | string | AxesTarget | readonly (number | string | AxesTarget)[];

export interface SettledTarget {
  readonly target: QueryOptions['target'];
  /** Whether a class was given by its name, so that a flattened output must hold classes. */
  readonly byName: boolean;
  /** Warnings about targets that often mean something else. */
  readonly notices: readonly string[];
}

/**
 * Replaces names of classes by numbers. A text of digits is a number. A text with colons says what is taken along the axes of an output:
 * see `readEntries`. Any other text is a name of the card, or one of several with commas between them; capitals may differ. A text
 * in double quotes is always a name, also with commas, colons or digits in it.
 * Throws `name-unknown` with the nearest names, `option-value` for a name of several classes, `usage` where there are no names.
 */
export function settleTarget(given: TargetOption | undefined, classes: readonly NamedClass[]): SettledTarget {
  if (given === undefined || given === 'predicted') return { target: given, byName: false, notices: [] };
  const listed = typeof given === 'string' ? partsOf(given, classes) : given;
  if (!isList(listed)) return { target: listed, byName: false, notices: [] };
  const targets = listed.map((each) => (typeof each === 'string' ? targetOf(each, classes) : each));
  return {
    // A list with one target on the command line is for all inputs.
    target: typeof given === 'string' && targets.length === 1 ? targets[0] : targets,
    byName: listed.some(
      (each, i) => typeof each === 'string' && typeof targets[i] === 'number' && !DIGITS.test(each.trim()),
    ),
    notices: [...new Set(listed.flatMap((each) => digitNotices(each, classes)))],
  };
}

const isList = <T>(given: number | AxesTarget | readonly T[]): given is readonly T[] => Array.isArray(given);

/** Returns the number of a class, or what is taken along axes. A class whose name is the whole text goes first. */
function targetOf(text: string, classes: readonly NamedClass[]): number | NamedAxesTarget {
  if (matching(text.trim(), classes).length > 0 || !isEntriesText(text)) return numberOf(text, classes);
  const entries = readEntries(text);
  const namedAxis = entries.findIndex((entry) => typeof entry === 'object');
  const at = entries.map((entry) => (typeof entry === 'object' ? numberOf(entry.name, classes) : entry));
  return namedAxis < 0 ? { at } : { at, namedAxis };
}

/** Divides a text at its commas, unless the whole text is the name of a class. */
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

/** Returns the number of a class, given by its number or name. */
function numberOf(text: string, classes: readonly NamedClass[]): number {
  const word = text.trim();
  if (DIGITS.test(word)) return Number(word);
  const name = QUOTED.exec(word)?.[1].replace(/\\(.)/g, '$1') ?? word;
  const [found, ...others] = matching(name, classes);
  if (found === undefined) return refuseName(name, classes);
  if (others.length > 0) refuseChoice(name, [found, ...others]);
  return found.k;
}

/**
 * Returns the classes of a name; where none is spelled exactly so, those that differ in capitals only; else those that have the name among
 * several with commas between them ("tabby, tabby cat").
 */
function matching(name: string, classes: readonly NamedClass[]): readonly NamedClass[] {
  const exact = classes.filter(({ label }) => label === name);
  if (exact.length > 0) return exact;
  const plain = (text: string) => text.trim().toLowerCase();
  const whole = classes.filter(({ label }) => plain(label) === plain(name));
  if (whole.length > 0) return whole;
  return classes.filter(({ label }) => label.split(',').some((synonym) => plain(synonym) === plain(name)));
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
    expected: `the name or number of one of ${counted(classes.length, 'class', 'classes')}, or predicted`,
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

/** Warns of digits that are also the name of another class. */
function digitNotices(
  given: number | string | AxesTarget,
  classes: readonly NamedClass[],
): readonly string[] {
  if (typeof given !== 'string' || !DIGITS.test(given.trim())) return [];
  const digits = given.trim();
  const others = classes.filter(({ k, label }) => label === digits && k !== Number(digits));
  return others.map(
    ({ k }) =>
      `target ${digits} is the class of that number; the one named "${digits}" is ${k}: --target '"${digits}"'`,
  );
}
