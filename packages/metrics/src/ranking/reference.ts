import {
  axesOf,
  axisFeatures,
  broadcast,
  type Features,
  fail,
  fold,
  full,
  gaussianBlur,
  isTensor,
  type Key,
  option,
  row,
  type Score,
  showShape,
  stream,
  type Tensor,
  tensor,
  z,
  zeros,
} from '@onnxplain/core';

/** Number of random references by default. */
const DRAWS = 100;

/** Standard deviation and radius of the blur, in positions: those of the blurred pictures of [H21]'s baselines. */
const BLUR = { sigma: 5, radius: 5 } as const;

/** What features that are not there become. */
export type Reference = 'uniform' | 'mean' | 'blur' | number | Tensor;

export const referenceOptions = {
  reference: z
    .union(
      [z.enum(['uniform', 'mean', 'blur']), option.baseline()],
      'uniform, mean, blur, a number or a tensor',
    )
    .default('uniform')
    .describe(
      'What features that are not there become. uniform: random numbers, uniform in the bounds of the input, in [0, 1] where it has none; the ' +
        'number is the mean over draws of them. mean: the mean of the input, of each channel. blur: the input blurred by a Gaussian of ' +
        "5 positions. A number for all elements, a tensor of the input's shape or repeated to it, or a tensor of several, [n, ...shape], such as " +
        'word vectors at random: the number is the mean over them.',
    ),
  draws: option
    .count()
    .optional()
    .describe('Number of random references, for reference=uniform only. Default: 100.'),
};

export interface ReferenceSettings {
  readonly reference: Reference;
  readonly draws?: number;
}

/** Fills in the number of draws. Throws `option-value` for draws of a reference that is always the same. */
export function settleReference<S extends ReferenceSettings>(where: string, options: S): S {
  const { reference, draws } = options;
  if (reference === 'uniform') return { ...options, draws: draws ?? DRAWS };
  if (draws === undefined) return options;
  return fail({
    code: 'option-value',
    where: `${where}(draws)`,
    expected: 'no draws for a reference that is always the same',
    got: `${draws}`,
    remedy: 'Leave draws out, or use reference=uniform.',
  });
}

/** How a definition describes the reference. */
export function referenceDefinition({
  reference,
  draws,
}: ReferenceSettings): Readonly<Record<string, string>> {
  if (reference === 'uniform')
    return {
      reference: 'uniform in the bounds of the input, in [0, 1] where it has none',
      draws: `${draws}`,
    };
  if (reference === 'mean') return { reference: 'the mean of each channel of the input' };
  if (reference === 'blur')
    return { reference: `the input blurred by a Gaussian of ${BLUR.sigma} positions, cut at ${BLUR.radius}` };
  if (typeof reference === 'number') return { reference: `${reference}` };
  return { reference: `a tensor of shape ${showShape(reference.shape)}, which is given` };
}

/** The references of one input. Reference i depends on (x, key, i) only. */
export interface References {
  readonly count: number;
  /** Whether they are a sample, so that a mean over them has a standard error. */
  readonly sampled: boolean;
  readonly at: (i: number) => Tensor;
}

/** How many references {@link referencesOf} makes. */
export function referenceCount({ reference, draws = 1 }: ReferenceSettings, { shape }: Tensor): number {
  if (reference === 'uniform') return draws;
  return isTensor(reference) && reference.shape.length === shape.length + 1 ? reference.shape[0] : 1;
}

/** Makes the references of x. Throws `tensor-shape` for a tensor that does not fit x. */
export function referencesOf(
  where: string,
  { f, x, key }: { readonly f: Score; readonly x: Tensor; readonly key: Key },
  { reference, draws = 1 }: ReferenceSettings,
): References {
  if (reference === 'uniform') {
    const [low, high] = f.bounds.every(Number.isFinite) ? f.bounds : [0, 1];
    return {
      count: referenceCount({ reference, draws }, x),
      sampled: true,
      at(i) {
        const drawn = zeros(x.shape, x);
        stream(fold(fold(key, 'reference'), i)).fillUniform(drawn.data, low, high);
        return drawn;
      },
    };
  }
  if (isTensor(reference) && reference.shape.length === x.shape.length + 1) {
    const [count] = reference.shape;
    const at = (i: number) => broadcast(`${where}(reference)`, row(reference, i), x.shape);
    return { count, sampled: count > 1, at };
  }
  const fixed = fixedReference(where, { f, x }, reference);
  return { count: 1, sampled: false, at: () => fixed };
}

function fixedReference(
  where: string,
  { f: { layout = 'chw' }, x }: { readonly f: Score; readonly x: Tensor },
  reference: Exclude<Reference, 'uniform'>,
): Tensor {
  if (typeof reference === 'number') return full(x.shape, reference, x);
  if (isTensor(reference)) return broadcast(`${where}(reference)`, reference, x.shape);
  if (reference === 'blur') return gaussianBlur(where, x, { layout, ...BLUR });
  const { channels } = axesOf(where, x.shape, layout);
  const whole = { count: 1, of: new Int32Array(x.data.length) };
  return meansOver(x, channels === undefined ? whole : axisFeatures(x.shape, channels));
}

/** x with every element replaced by the mean of its feature. */
function meansOver(x: Tensor, { count, of }: Features): Tensor {
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  of.forEach((feature, i) => {
    sums[feature] += x.data[i];
    sizes[feature]++;
  });
  return tensor(
    Float64Array.from(of, (feature) => sums[feature] / sizes[feature]),
    x.shape,
  );
}
