/** Commands that read a model, which run in a process of their own. Listed here because the program of all commands takes long to load. */
export const watchedCommands: ReadonlySet<string> = new Set([
  'inspect',
  'grad',
  'explain',
  'evaluate',
  'reproduce',
]);
