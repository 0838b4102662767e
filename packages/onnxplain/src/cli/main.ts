#!/usr/bin/env node
/** The command line. Commands that read a model run in a process of their own, which a file cannot take down with the terminal. */
import { endOnStreamErrors } from './stream-errors.js';
import { watchedCommands } from './watched-commands.js';

endOnStreamErrors();

const argv = process.argv.slice(2);
if (watchedCommands.has(argv[0])) {
  const { runWatched } = await import('./watched.js');
  process.exitCode = await runWatched(argv);
} else {
  const { main } = await import('./program.js');
  process.exitCode = await main(argv, { out: process.stdout, err: process.stderr });
}
