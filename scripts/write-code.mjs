/** Starts the bundled program in the folder that is given, and writes the code that V8 has compiled of it when it ends. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const folder = process.argv[2];
const { script } = await import(pathToFileURL(join(folder, 'worker.js')).href);
process.once('exit', () => writeFileSync(join(folder, 'worker.code'), script.createCachedData()));
