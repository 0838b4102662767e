import { counted } from '@onnxplain/core';
import { formatNumber, type InputRecord, tokenRuns } from '@onnxplain/report';
import { showBars } from './bars.js';
import type { ExplainedValues, ExplainOutcome } from './explained.js';
import { showInput, showTop } from './input.js';

/** Formats the result for a terminal: the explainer, f, and for each input its prediction and its attribution. */
export function showExplained({ explainer, f, files, explanations }: ExplainOutcome): string {
  const shared = sharedReason(explanations);
  const lines = explanations.map((each) => {
    if (each.status === 'done')
      return `${showInput(each)}\n${showTop(each)}  ${showValues(each)}\n${showTokens(each)}${showFeatures(each)}`;
    return `${showInput(each)}\n${shared === undefined ? `  ${each.status}: ${each.reason}\n` : ''}`;
  });
  const written = files.map((file) => `wrote ${file}\n`);
  return `${explainer}\nf = ${f.text}\n${lines.join('')}${shared ?? ''}${written.join('')}`;
}

/** Returns the line that says why none of several inputs has an explanation; undefined where there is no one reason for all. */
function sharedReason(explanations: ExplainOutcome['explanations']): string | undefined {
  if (explanations.length < 2) return undefined;
  const reasons = explanations.map((each) => (each.status === 'done' ? undefined : each.reason));
  const [{ status }] = explanations;
  return reasons[0] !== undefined && reasons.every((reason) => reason === reasons[0])
    ? `${status}, for all ${explanations.length} inputs: ${reasons[0]}\n`
    : undefined;
}

function showValues({ kind, sum, norm: length, groups, residual, details, cost }: ExplainedValues): string {
  const grouped = groups === undefined ? '' : ` of ${counted(groups, 'group')} of elements`;
  const rest = residual === undefined ? '' : `, residual ${formatNumber(residual)}`;
  const rows = `${cost.forward} forward and ${counted(cost.backward, 'backward row')}`;
  return `${kind}${grouped}, sum ${formatNumber(sum)}, norm ${formatNumber(length)}${rest}; ${rows}${showDetails(details)}`;
}

const showDetails = (details: ExplainedValues['details'] = {}): string =>
  Object.entries(details)
    .map(([name, value]) => `\n  ${name}: ${typeof value === 'number' ? formatNumber(value) : value}`)
    .join('');

function showFeatures({ features, values }: ExplainedValues): string {
  if (features === undefined || values === undefined) return '';
  const names = features.map(({ name }, i) => name ?? `feature ${i}`);
  return showBars({ inputs: features.map(({ input }) => input), values, names });
}

/** Formats one line for each token: its number, and its text or else its id. Equal tokens in a row share one line. */
function showTokens({ tokens, perToken }: InputRecord & ExplainedValues): string {
  if (tokens === undefined || perToken === undefined) return '';
  const width = Math.max(...perToken.map((number) => formatNumber(number).length));
  const lines = tokenRuns(tokens, perToken).map(({ id, text, value, times }) => {
    const often = times === 1 ? '' : `, ${times} times`;
    return `  ${formatNumber(value).padStart(width)}  ${text ?? id}${often}\n`;
  });
  return lines.join('');
}
