import { own } from '@onnxplain/core';
import type { CallExpression, Expression } from './parse.js';
import { type Kind, lookUp, type Tables } from './tables.js';

/** An expression that names something of another kind than the one that was asked for. */
export interface Misplaced {
  readonly tables: Tables;
  /** An expression that can be made: the given one, or else an example of its definition. */
  readonly text: string;
  /** The given call with all arguments by name, without those that its definition refuses. */
  readonly call: CallExpression;
  /** Whether the definition refuses an argument of the given call. */
  readonly refused: boolean;
  /** The kind of what the expression names. */
  readonly found: Kind;
  /** The kind that was asked for. */
  readonly wanted: Kind;
}

/** Functions of programs that make things of a kind. Only programs ask for perturbations alone. */
const MAKERS: Readonly<Partial<Record<Kind, string>>> = {
  explainer: 'makeExplainer',
  metric: 'makeMetric',
  rules: 'makeRules',
};

/** Returns the sentence that says where an expression of another kind is given, or which expression of the wanted kind does the same. */
export function remedyOf(misplaced: Misplaced): string {
  const { text, found, wanted } = misplaced;
  const maker = wanted === 'perturbation' ? MAKERS[found] : undefined;
  if (maker !== undefined) return `${maker} of onnxplain/pipeline makes it.`;
  if (found === 'rules') return placeOfRules(misplaced);
  if (found === 'explainer' && wanted === 'rules') return rulesLike(misplaced);
  const kept = text.trim();
  if (found === 'explainer')
    return `An explainer makes what is measured: --explainer ${quoted(kept)}, in a program the option explainers.`;
  if (found === 'metric')
    return `A metric measures explanations: onnxplain evaluate MODEL --input FILE --explainer gradient --metric ${quoted(kept)} -o FOLDER, in a program the option metrics of evaluate.`;
  const { by, example } = takenBy(misplaced, kept);
  return `It is an option of ${by}, such as ${example}.`;
}

/** What takes a perturbation, an attack or a solver, with an example. */
function takenBy(
  { found, wanted }: Misplaced,
  text: string,
): { readonly by: string; readonly example: string } {
  if (found === 'solver')
    return { by: 'explainers', example: `--explainer ${quoted(`optimal(gaussian(0.1), solver=${text})`)}` };
  const isAttack = found === 'attack';
  const example =
    wanted === 'metric'
      ? `--metric ${quoted(`${isAttack ? 'robustness-complement' : 'infidelity'}(${text})`)}`
      : `--explainer ${quoted(isAttack ? `minimum-perturbation(${text})` : `smooth(gradient, ${text})`)}`;
  return { by: 'explainers and metrics', example };
}

/** Explainers that apply rules of another name. */
const EXPLAINERS: Readonly<Record<string, string>> = {
  guided: 'guided-backprop',
  deconv: 'deconvolution',
};

const LRP = 'lrp-';

/** The explainer that applies the rules, or else the flag that takes them. */
function placeOfRules({ tables, text, call, refused }: Misplaced): string {
  const options = optionsOf(tables, call.name);
  const explainer = explainerBy(call);
  return explainer === undefined
    ? `Rules are given beside an explainer: --explainer gradient --rules ${quoted(text.trim())}, in a program by the option rules.`
    : `The explainer that applies these rules: --explainer ${quoted(explainer)}.${refused ? listed(options) : ''}`;
}

const optionsOf = (tables: Tables, rules: string): readonly string[] =>
  Object.keys(lookUp(tables, 'rules', rules)?.options.shape ?? {});

/** The sentence that lists the options of rules. */
const listed = (options: readonly string[]): string =>
  options.length === 0 ? ' They have no options.' : ` The options of these rules: ${options.join(', ')}.`;

/** The expression of the explainer that applies rules, with their options; undefined where there is none. */
function explainerBy({ name, named }: CallExpression): string | undefined {
  if (!name.startsWith(LRP)) return own(EXPLAINERS, name);
  const given = [`rule=${name.slice(LRP.length)}`, ...named.map(written)];
  return `lrp(${given.join(', ')})`;
}

/** The rules that an explainer applies, where they are all that it does, or else the command that explains. */
function rulesLike({ tables, text, call, refused }: Misplaced): string {
  const rules = rulesBy(call);
  return rules !== undefined && lookUp(tables, 'rules', rules.name) !== undefined
    ? `The rules that this explainer applies: --rules ${quoted(rules.expression)}.${refused ? listed(optionsOf(tables, rules.name)) : ''}`
    : `An explainer makes explanations: onnxplain explain MODEL --input FILE --explainer ${quoted(text.trim())}, in a program the option explainers of explain.`;
}

interface NamedRules {
  readonly name: string;
  readonly expression: string;
}

function rulesBy({ name, named }: CallExpression): NamedRules | undefined {
  if (name !== 'lrp') {
    const [found] = Object.entries(EXPLAINERS).find(([, explainer]) => explainer === name) ?? [];
    return found === undefined ? undefined : { name: found, expression: found };
  }
  const rule = named.find((argument) => argument.name === 'rule')?.value;
  const rules = `${LRP}${rule === undefined ? 'epsilon-plus' : shown(rule)}`;
  const options = named.filter((argument) => argument.name !== 'rule').map(written);
  return { name: rules, expression: options.length === 0 ? rules : `${rules}(${options.join(', ')})` };
}

const written = ({ name, value }: CallExpression['named'][number]): string => `${name}=${shown(value)}`;

const shown = (term: Expression): string => ('value' in term ? String(term.value) : '...');

/** Quotes an expression for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
