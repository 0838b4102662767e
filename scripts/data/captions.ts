/** Pictures with a word below them, for models that may look at either. */
import { fold, type Key, type Stream, stream } from '@onnxplain/core';

/** Letters of 5 x 7 points. */
const LETTERS: Readonly<Record<string, readonly string[]>> = {
  b: ['#....', '#....', '####.', '#...#', '#...#', '#...#', '####.'],
  d: ['....#', '....#', '.####', '#...#', '#...#', '#...#', '.####'],
  f: ['..##.', '.#..#', '.#...', '###..', '.#...', '.#...', '.#...'],
  g: ['.....', '.####', '#...#', '#...#', '.####', '....#', '.###.'],
  i: ['..#..', '.....', '.##..', '..#..', '..#..', '..#..', '.###.'],
  o: ['.....', '.....', '.###.', '#...#', '#...#', '#...#', '.###.'],
  r: ['.....', '.....', '#.##.', '##..#', '#....', '#....', '#....'],
};

const [LETTER_WIDTH, LETTER_HEIGHT] = [6, 7];

/** Side of the picture and of the square below it that has the word. */
export const SIDE = 32;
const PLANE = SIDE * SIDE;

/** Writes a word in white at a random place of the lower half of `out`, [3, 2 SIDE, SIDE]. */
function writeWord(word: string, out: Float32Array, random: Stream): void {
  const top = SIDE + random.below(SIDE - LETTER_HEIGHT + 1);
  const left = random.below(SIDE - LETTER_WIDTH * word.length + 2);
  for (const [k, letter] of [...word].entries()) {
    LETTERS[letter].forEach((line, y) => {
      [...line].forEach((point, x) => {
        if (point === '.') return;
        for (let channel = 0; channel < 3; channel++)
          out[(channel * 2 * SIDE + top + y) * SIDE + left + LETTER_WIDTH * k + x] = 1;
      });
    });
  }
}

export interface Caption {
  /** [3, SIDE, SIDE], 0 to 255. */
  readonly picture: Uint8Array;
  readonly word: string;
}

/** A picture in [0, 1] above its word, [3, 2 SIDE, SIDE]; the square around the word is black. */
export function captioned({ picture, word }: Caption, key: Key): Float32Array {
  const out = new Float32Array(6 * PLANE);
  picture.forEach((level, i) => {
    out[i + Math.floor(i / PLANE) * PLANE] = level / 255;
  });
  writeWord(word, out, stream(key));
  return out;
}

export interface WordChoice {
  readonly words: readonly string[];
  /** Number of the right word. */
  readonly label: number;
  /** Probability that the word is drawn at random from `words`. */
  readonly noise: number;
}

/** The word below a picture: the right one, or one drawn at random with probability `noise`. */
export function wordFor({ words, label, noise }: WordChoice, key: Key): string {
  const random = stream(fold(key, 'word'));
  return words[random.uniform() < noise ? random.below(words.length) : label];
}
