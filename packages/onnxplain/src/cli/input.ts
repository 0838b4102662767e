import { formatNumber, type InputRecord, predictionText, targetText, topTitle } from '@onnxplain/report';

/** Formats one line about an input: the model's prediction, the explained target, and f(x). */
export function showInput(input: InputRecord): string {
  const prediction = predictionText(input);
  const predicted = prediction === undefined ? '' : `${prediction}, `;
  return `${input.name}: ${predicted}explained ${targetText(input)}, f(x) = ${formatNumber(input.score)}`;
}

/** Formats one line for each of the top classes: its probability, or its output where probabilities are not known, and its name. */
export function showTop({ prediction }: InputRecord): string {
  if (prediction?.top === undefined || prediction.top.length === 0) return '';
  const { top } = prediction;
  const numbers = top.map(({ output, probability }) => formatNumber(probability ?? output));
  const width = Math.max(...numbers.map((text) => text.length));
  const lines = top.map(
    ({ class: k, label }, i) =>
      `    ${numbers[i].padEnd(width)}  class ${k}${label === undefined ? '' : ` (${label})`}\n`,
  );
  return `  ${topTitle(prediction)}:\n${lines.join('')}`;
}
