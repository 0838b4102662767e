/**
 * Ends the process where a standard stream takes no more output: quietly where its reader has closed it, as `| head` does, and else with a
 * message and the exit code 1, as on a full disk.
 */
export function endOnStreamErrors(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit();
      if (stream === process.stdout)
        process.stderr.write(`onnxplain: the result cannot be written: ${error.message}\n`);
      process.exit(1);
    });
  }
}
