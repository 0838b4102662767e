/** Small models that once failed, with the right results. They are in a folder next to the repository, if the machine has it. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '@onnxplain/core';
import { readNpy } from '@onnxplain/files';

const folder = fileURLToPath(new URL('../../../shared/cases/', import.meta.url));

/** Why the tests of these cases are skipped; undefined if the folder exists. */
export const missing: string | undefined = existsSync(folder) ? undefined : `${folder} is missing`;

export const casePath = (name: string): string => `${folder}${name}`;

export const caseArray = (name: string): Tensor => readNpy(readFileSync(casePath(name)), name).tensor;
