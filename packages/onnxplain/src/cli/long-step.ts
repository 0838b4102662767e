import type { Watched } from '../isolated/watch.js';

/** Seconds without a message after which a process is taken to be inside one long step. */
const SILENT_SECONDS = 10;

/** Says once how to end a process that has sent nothing for a while, as in a run of the model that never returns. */
export function onLongStep(
  { child, ended }: Pick<Watched, 'child' | 'ended'>,
  say: (text: string) => void,
): void {
  const timer = setTimeout(() => {
    child.off('message', heard);
    say(
      `one step has taken ${SILENT_SECONDS} s so far, such as a run of the model; Ctrl-C ends it, --time-limit SECONDS bounds a command\n`,
    );
  }, 1000 * SILENT_SECONDS);
  const heard = () => void timer.refresh();
  child.on('message', heard);
  void ended.then(() => clearTimeout(timer));
}
