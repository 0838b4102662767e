/**
 * Compiles packages/core/assembly, written in AssemblyScript, to WebAssembly, and writes it as text to packages/core/src/kernels/binary.ts:
 *
 *     tsx scripts/build-kernels.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileKernels } from './compile-kernels.js';

const file = join(import.meta.dirname, '../packages/core/src/kernels/binary.ts');
writeFileSync(file, compileKernels());
