import { formatNumber, type InputRecord } from '@onnxplain/report';

/** What the model says of an input, and what of it was explained, as one line. */
export function showInput({ name, prediction, target, targetLabel, score }: InputRecord): string {
  const predicted =
    prediction === undefined ? '' : `predicted ${className(prediction.class, prediction.label)}, `;
  return `${name}: ${predicted}explained ${className(target, targetLabel)}, f(x) = ${formatNumber(score)}`;
}

function className(k: number, label: string | undefined): string {
  return label === undefined ? `class ${k}` : `class ${k} (${label})`;
}
