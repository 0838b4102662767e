import { own } from '@onnxplain/core';
import type { CallExpression, Expression } from './parse.js';
import { type Kind, lookUp, type Tables } from './tables.js';

/** An expression that names something of another kind than the one that was asked for. */
export interface Misplaced {
  readonly tables: Tables;
  readonly text: string;
  readonly call: CallExpression;
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
function placeOfRules({ tables, text, call }: Misplaced): string {
  const options = lookUp(tables, 'rules', call.name)?.options.shape ?? {};
  const explainer = explainerBy(call, Object.keys(options));
  return explainer === undefined
    ? `Rules are given beside an explainer: --explainer gradient --rules ${quoted(text.trim())}, in a program by the option rules.`
    : `The explainer that applies these rules: --explainer ${quoted(explainer)}.`;
}

/** The expression of the explainer that applies rules, with their options; undefined where there is none. */
function explainerBy(call: CallExpression, options: readonly string[]): string | undefined {
  const { name, positional, named } = call;
  if (!name.startsWith(LRP)) return own(EXPLAINERS, name);
  const given = [
    `rule=${name.slice(LRP.length)}`,
    ...positional.slice(0, options.length).map((term, i) => `${options[i]}=${shown(term)}`),
    ...named.map((argument) => `${argument.name}=${shown(argument.value)}`),
  ];
  return `lrp(${given.join(', ')})`;
}

/** The rules that an explainer applies, where they are all that it does, or else the command that explains. */
function rulesLike({ tables, text, call }: Misplaced): string {
  const rules = rulesBy(call);
  return rules !== undefined && lookUp(tables, 'rules', rules.name) !== undefined
    ? `The rules that this explainer applies: --rules ${quoted(rules.expression)}.`
    : `An explainer makes explanations: onnxplain explain MODEL --input FILE --explainer ${quoted(text.trim())}, in a program the option explainers of explain.`;
}

interface NamedRules {
  readonly name: string;
  readonly expression: string;
}

function rulesBy({ name, positional: [first], named }: CallExpression): NamedRules | undefined {
  if (name !== 'lrp') {
    const [found] = Object.entries(EXPLAINERS).find(([, explainer]) => explainer === name) ?? [];
    return found === undefined ? undefined : { name: found, expression: found };
  }
  const rule = named.find((argument) => argument.name === 'rule')?.value ?? first;
  const rules = `${LRP}${rule === undefined ? 'epsilon-plus' : shown(rule)}`;
  const others = named.filter((argument) => argument.name !== 'rule');
  const options = others.map((argument) => `${argument.name}=${shown(argument.value)}`).join(', ');
  return { name: rules, expression: options === '' ? rules : `${rules}(${options})` };
}

const shown = (term: Expression): string => ('value' in term ? String(term.value) : '...');

/** Quotes an expression for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
