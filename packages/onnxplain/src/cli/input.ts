import { formatNumber, type InputRecord, predictionText, targetText, topTitle } from '@onnxplain/report';

/** What the model says of an input, and what of it was explained, as one line. */
export function showInput(input: InputRecord): string {
  const said = predictionText(input);
  const predicted = said === undefined ? '' : `${said}, `;
  return `${input.name}: ${predicted}explained ${targetText(input)}, f(x) = ${formatNumber(input.score)}`;
}

/** The classes with the largest numbers, a line each: probability, or the output where it is not known how to make one, and name. */
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
