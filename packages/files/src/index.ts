/** Readers and writers: arrays, tables, pictures, model cards, vocabularies, and folders written whole or not at all. */
export { baselineRows, meanOfRows, onlyRow } from './baseline.js';
export {
  type Card,
  type CardOptions,
  cardOf,
  cardPath,
  LAYOUTS,
  type LayoutName,
  type LoadedCard,
  type NamedClass,
  readCard,
  readLabels,
} from './card.js';
export type { ColumnNames } from './columns.js';
export { namesIn } from './csv.js';
export { fits } from './dims.js';
export {
  expectOtherFile,
  expectWritable,
  makeFolder,
  readBytes,
  readSmallFile,
  removeFolders,
  writeWhole,
  writeWholeWithoutCleaning,
} from './disk.js';
export { type FileContent, writeFolder } from './folder.js';
export { type IdxArray, readIdx } from './idx.js';
export {
  type LoadedImage,
  loadImage,
  type OriginalPicture,
  type PictureSize,
  type Preprocessing,
} from './image.js';
export {
  columnsOfInputs,
  type Expected,
  FLOAT32,
  type LoadedInputs,
  loadInputs,
  loadSources,
  type NamedInput,
} from './load.js';
export { type NpyArray, type NpyForm, readNpy, writeNpy } from './npy.js';
export { readNpz } from './npz.js';
export { decodePng } from './png.js';
export { encodePng } from './png-encode.js';
export {
  type PictureFields,
  pixelBounds,
  preprocessingFor,
} from './preprocessing.js';
export { rowsIn } from './selection.js';
export { holdsIntegers, isTable, type Source, sourcesOf } from './sources.js';
export {
  type CsvTable,
  readCsv,
  readTexts,
  type TableOptions,
  type TableReading,
  type TextTable,
} from './table.js';
export { removeAbandonedIn } from './temporary.js';
export { loadTexts, type NamedTexts } from './texts.js';
export { readVocabulary, type Vocabulary } from './vocabulary.js';
