import { join } from 'node:path';
import { row, type Tensor } from '@onnxplain/core';
import { encodePng, readBytes, readNpy } from '@onnxplain/files';
import { INPUTS_SHOWN, type PartRun, pertinentPicture, type RunRecord } from '@onnxplain/report';

/** The pictures of the inputs that the page of a table shows. */
export type TablePictures = Pick<PartRun, 'pictures' | 'pertinent'>;

/**
 * Reads the pictures of the attributions of a run, and draws the pixels that rank first where the inputs are grey pictures within bounds.
 * `folder` is that of the run, `inputs` a file with all inputs as an array; undefined where each input is a file of its own.
 */
export async function tablePictures(
  folder: string,
  record: RunRecord,
  inputs: string | undefined,
): Promise<TablePictures> {
  const pictures = new Map<string, Uint8Array>();
  const pertinent = new Map<string, Uint8Array>();
  const all = inputs === undefined ? undefined : readNpy(await readBytes(inputs), inputs).tensor;
  for (const cell of record.attributions) {
    if (cell.input >= INPUTS_SHOWN || cell.status !== 'done' || cell.picture === undefined) continue;
    const { file } = cell.picture;
    pictures.set(file, await readBytes(join(folder, file)));
    if (all === undefined || cell.file === undefined) continue;
    const path = join(folder, cell.file);
    const { tensor: values } = readNpy(await readBytes(path), path);
    const first = firstPixels(record, { input: row(all, cell.input), values, explainer: cell.explainer });
    if (first !== undefined) pertinent.set(file, first);
  }
  return { pictures, pertinent };
}

function firstPixels(
  { request: { bounds }, explainers }: RunRecord,
  {
    input,
    values,
    explainer,
  }: { readonly input: Tensor; readonly values: Tensor; readonly explainer: number },
): Uint8Array | undefined {
  if (bounds === undefined || input.shape.length !== 3 || input.shape[0] !== 1) return undefined;
  const absolute = explainers[explainer].kind !== 'ranking';
  return encodePng(pertinentPicture(values, { input, bounds, absolute }));
}
