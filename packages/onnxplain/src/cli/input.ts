import {
  formatNumber,
  type InputRecord,
  type PredictionRecord,
  predictionText,
  targetText,
} from '@onnxplain/report';

/** What the model says of an input, and what of it was explained, as one line. */
export function showInput(input: InputRecord): string {
  const said = predictionText(input);
  const predicted = said === undefined ? '' : `${said}, `;
  return `${input.name}: ${predicted}explained ${targetText(input)}, f(x) = ${formatNumber(input.score)}`;
}

const MADE: Readonly<Record<NonNullable<PredictionRecord['probabilities']>, string>> = {
  softmax: 'probabilities by a softmax of the output',
  exponential: 'probabilities, the exponentials of the output',
  output: 'probabilities, the output itself',
};

/** The classes with the largest numbers, a line each: probability, or the output where it is not known how to make one, and name. */
export function showTop({
  prediction: { top = [], probabilities: made } = { class: 0, output: 0 },
}: InputRecord): string {
  if (top.length === 0) return '';
  const numbers = top.map(({ output, probability }) => formatNumber(probability ?? output));
  const width = Math.max(...numbers.map((text) => text.length));
  const lines = top.map(
    ({ class: k, label }, i) =>
      `    ${numbers[i].padEnd(width)}  class ${k}${label === undefined ? '' : ` (${label})`}\n`,
  );
  return `  ${made === undefined ? 'numbers of the output' : MADE[made]}:\n${lines.join('')}`;
}
