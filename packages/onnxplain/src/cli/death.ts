import { OnnxplainError } from '@onnxplain/core';
import { holdsCells } from '@onnxplain/experiment';
import { type Death, diagnosisOf, type Remedies } from '../isolated/diagnosis.js';
import { type ExitCode, failureOf, showFailure } from './failure.js';
import type { Began } from './messages.js';
import { printable } from './printable.js';

/** Writes why the process of a command ended before it was done, and returns the exit code. */
export function writeDeath(end: Death, { command, subject, out }: Began, argv: readonly string[]): ExitCode {
  const error = new OnnxplainError(
    diagnosisOf(end, `${command} ${subject}`.trim(), remediesOf(command, out)),
  );
  const failure = failureOf(error);
  process.stderr.write(printable(showFailure(failure, argv.includes('--json'))));
  return failure.exit;
}

function remediesOf(command: string, out: string | undefined): Remedies {
  const kept = RESUMABLE.has(command) && out !== undefined && holdsCells(out);
  const again = kept ? ' Finished cells are kept: add --resume to go on.' : '';
  const smaller = RUNS.has(command) ? ' Or give a smaller --batch.' : '';
  return {
    crash: `A damaged file or a defect of ONNX Runtime does this: export the model again, or try another version of onnxruntime-node.${again}`,
    time: `Give a greater --time-limit.${again}`,
    memory: `Give a greater --memory-limit.${smaller}${again}`,
  };
}

/** Commands that run the model. */
const RUNS: ReadonlySet<string> = new Set(['explain', 'evaluate', 'reproduce']);

/** Commands that have --resume. */
const RESUMABLE: ReadonlySet<string> = new Set(['evaluate', 'reproduce']);
