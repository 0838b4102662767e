/** An 8-bit RGB picture. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Row by row from the top left: [height * width * 3]. */
  readonly rgb: Uint8Array;
}

/** Interleaved samples of a picture, row by row from the top left; 0..255, or 0..65535 where `depth` is 16. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Grey, grey + alpha, RGB, RGB + alpha. */
  readonly channels: 1 | 2 | 3 | 4;
  readonly depth: 8 | 16;
  readonly data: Uint8Array | Uint16Array;
}
