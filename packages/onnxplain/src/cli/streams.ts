import { SingleBar } from 'cli-progress';
import type { RunProgress } from '../pipeline/run/evaluate.js';
import { printable } from './printable.js';

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Streams {
  readonly out: { write(text: string): unknown };
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Writes notices and progress while a command runs. */
export interface Notices {
  readonly notice: (text: string) => void;
  progress(progress: RunProgress): void;
  /** Removes the progress bar from the terminal. */
  end(): void;
}

const WORDS: Readonly<Record<RunProgress['stage'], string>> = { explain: 'explaining', measure: 'measuring' };

/** Writes notices as lines, and progress as a bar on a terminal or else as one line for each stage. Writes nothing when quiet. */
export function noticesTo(stream: Streams['err'], quiet: boolean): Notices {
  if (quiet) return { notice: () => undefined, progress: () => undefined, end: () => undefined };
  let stage: RunProgress['stage'] | undefined;
  let bar: SingleBar | undefined;
  const end = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    notice: (text) => stream.write(`${printable(text)}\n`),
    progress(progress) {
      if (progress.stage !== stage) {
        end();
        stage = progress.stage;
        if (stream.isTTY === true) bar = startBar(stream, progress);
        else stream.write(`${WORDS[stage]}: ${progress.total} in all\n`);
      }
      bar?.update(progress.done);
    },
    end,
  };
}

function startBar(stream: Streams['err'], { stage, total }: RunProgress): SingleBar {
  const format = `${WORDS[stage]} [{bar}] {value}/{total} {duration_formatted}`;
  const bar = new SingleBar({ stream, format, clearOnComplete: true, hideCursor: true, barsize: 30 });
  bar.start(total, 0);
  return bar;
}
