/** Small models that failed in use, with the right answers; kept beside the repository, where a machine has them. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '@onnxplain/core';
import { readNpy } from '@onnxplain/files';

const folder = fileURLToPath(new URL('../../../shared/cases/', import.meta.url));

/** Why tests of these cases are skipped; undefined where the cases are there. */
export const missing: string | undefined = existsSync(folder) ? undefined : `${folder} is missing`;

export const casePath = (name: string): string => `${folder}${name}`;

export const caseArray = (name: string): Tensor => readNpy(readFileSync(casePath(name)), name).tensor;
