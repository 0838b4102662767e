import type {
  LoadedInputs,
  OriginalPicture,
  PictureFields,
  PictureSize,
  Preprocessing,
} from '@onnxplain/files';
import { indicesOf, whereOf } from './text.js';

export interface ReadPictures {
  /** What the files hold; empty where none is a picture. */
  readonly originals: NonNullable<LoadedInputs['originals']>;
  /** How they became inputs. */
  readonly preprocessing: Preprocessing | undefined;
}

/** Warns of pictures that neither a flag nor the card says how to read. `given`: the fields of both. */
export function pictureNotices(read: ReadPictures, given: PictureFields): readonly string[] {
  return read.originals.length === 0 ? [] : [...scaleNotices(given), ...conversionNotices(read, given)];
}

function scaleNotices({ scale, mean, std }: PictureFields): readonly string[] {
  if ([scale, mean, std].some((v) => v !== undefined)) return [];
  return [
    'pictures go in as pixels 0 to 255; a model trained on other numbers needs --scale, --mean, --std or a model card',
  ];
}

/** Says once for all pictures what was done to their size and colours, where neither a flag nor the card asks for it. */
function conversionNotices(
  { originals, preprocessing }: ReadPictures,
  given: PictureFields,
): readonly string[] {
  const unasked = changesBy(preprocessing, given);
  const changed = indicesOf(originals, (each) => unasked.some(({ changes }) => changes(each)));
  if (changed.length === 0) return [];
  const made = unasked.filter(({ changes }) => originals.some(changes));
  const names = originals.map(({ name }) => name);
  const { size, colours } = originals[changed[0]];
  const done = made.map((each) => each.done).join(' and ');
  const flags = made.map(({ flag }) => flag).join(' ');
  return [
    `pictures are ${done}, as the model takes them, ${whereOf(changed, names)} (${sizeText(size)}, ${colours}); ${flags}, or the same in a model card, says that this is meant`,
  ];
}

/** What is done to pictures without being asked for. */
interface Change {
  /** Whether it changes a picture. */
  readonly changes: (original: OriginalPicture) => boolean;
  readonly done: string;
  /** The flag that asks for it. */
  readonly flag: string;
}

function changesBy(preprocessing: Preprocessing | undefined, given: PictureFields): readonly Change[] {
  if (preprocessing?.size === undefined) return [];
  const { size, channels } = preprocessing;
  const wanted = channels === 'grey' ? 'grey' : 'colour';
  const scaling: Change = {
    changes: (original) => sizeText(original.size) !== sizeText(size),
    done: `scaled and cut to ${sizeText(size)}`,
    flag: `--size ${size.join(',')}`,
  };
  const colouring: Change = {
    changes: ({ colours }) => colours !== wanted,
    done: `converted from ${wanted === 'grey' ? 'colour to grey' : 'grey to colour'}`,
    flag: `--channels ${channels}`,
  };
  return [
    ...(given.size === undefined && given.resize === undefined ? [scaling] : []),
    ...(given.channels === undefined ? [colouring] : []),
  ];
}

const sizeText = ([height, width]: PictureSize): string => `${height} x ${width}`;
