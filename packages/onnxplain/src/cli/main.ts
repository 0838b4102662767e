#!/usr/bin/env node
import { main } from './program.js';

const controller = new AbortController();
// The handler runs once: a second Ctrl-C ends the process at once.
process.once('SIGINT', () => {
  process.stderr.write('stopping after the run under way; once more to quit\n');
  controller.abort();
});
process.exitCode = await main(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  signal: controller.signal,
});
