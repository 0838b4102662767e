/** The process of `isolated`: imports the module named by its argument and answers calls of its default export. */
import { fail } from '@onnxplain/core';
import { type Answer, type JobCall, sendable } from './protocol.js';

const location = process.argv[2];
const loaded: Promise<(input: unknown) => unknown> = import(location).then((module) =>
  typeof module.default === 'function' ? module.default : refuse(typeof module.default),
);
// Each call reports the failure; without this line it would also end the process.
loaded.catch(() => undefined);

process.on('message', async ({ id, input }: JobCall) => {
  try {
    const run = await loaded;
    answer({ id, value: await run(input) });
  } catch (error) {
    answer({ id, error: sendable(error) });
  }
});
process.on('disconnect', () => process.exit());

/** Sends an answer. What cannot be cloned, such as a function, is an error of its own. */
function answer(message: Answer): void {
  try {
    process.send?.(message);
  } catch (error) {
    process.send?.({ id: message.id, error: sendable(error) });
  }
}

function refuse(got: string): never {
  return fail({
    code: 'usage',
    where: `isolated(${location})`,
    expected: 'a module whose default export is a function',
    got: got === 'undefined' ? 'no default export' : `a default export of type ${got}`,
    remedy: 'Write `export default async (input) => ...` in it.',
  });
}
