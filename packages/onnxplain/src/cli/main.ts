#!/usr/bin/env node
/** The command line. Commands that read a model run in a process of their own, which a file cannot take down with the terminal. */

const READ_MODELS = ['inspect', 'grad', 'explain', 'evaluate', 'reproduce'];

// The pipe was closed, as `| head` does: nobody reads what follows.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

const argv = process.argv.slice(2);
if (READ_MODELS.includes(argv[0])) {
  const { runWatched } = await import('./watched.js');
  process.exitCode = await runWatched(argv);
} else {
  const { main } = await import('./program.js');
  process.exitCode = await main(argv, { out: process.stdout, err: process.stderr });
}
