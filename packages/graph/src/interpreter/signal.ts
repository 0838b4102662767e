import { attributesOf } from '../ir/attributes.js';
import { filled, type NumArray, numArray, slicesAlong } from './array.js';
import { type Call, type EvalRow, normalAxis } from './call.js';
import { typeOfCode } from './cast.js';

/** Returns the real and imaginary part of element n. */
type Complex = (n: number) => readonly [re: number, im: number];

/** Returns the axis of a DFT: an attribute before opset 20, an input since then. */
function axisOf(call: Call, rank: number): number {
  return normalAxis(call.where, attributesOf(call.node, 'DFT').axis ?? call.inputs[2]?.data[0] ?? -2, rank);
}

/** Completes half of the spectrum of a real signal: X[length - n] is the conjugate of X[n]. */
const hermitian =
  (half: Complex, length: number): Complex =>
  (n) => {
    if (2 * n <= length) return half(n);
    const [re, im] = half(length - n);
    return [re, -im];
  };

/** Returns the sum over n of x[n] e^(sign 2 pi i k n / length). */
function transformAt(
  x: Complex,
  k: number,
  { length, sign }: { length: number; sign: 1 | -1 },
): [number, number] {
  let [real, imaginary] = [0, 0];
  for (let n = 0; n < length; n++) {
    const [re, im] = x(n);
    const angle = (sign * 2 * Math.PI * ((k * n) % length)) / length;
    real += re * Math.cos(angle) - im * Math.sin(angle);
    imaginary += re * Math.sin(angle) + im * Math.cos(angle);
  }
  return [real, imaginary];
}

/**
 * Discrete Fourier transform along an axis of [..., 1 (real) or 2 (complex)]. A signal shorter than the length is padded with zeros, a
 * longer one is cropped. A one-sided transform returns half of the spectrum, and a one-sided inverse reads half of it. ONNX Runtime
 * 1.29 reads more than half if the input has more.
 */
const dft: EvalRow = (call) => {
  const x = call.input(0);
  const axis = axisOf(call, x.dims.length);
  const { inverse, onesided: oneSided } = attributesOf(call.node, 'DFT');
  const [size, parts] = [x.dims[axis], x.dims[x.dims.length - 1]];
  const length = call.inputs[1]?.data[0] ?? (inverse && oneSided ? 2 * (size - 1) : size);
  const kept = oneSided && !inverse ? Math.floor(length / 2) + 1 : length;
  const out = inverse && oneSided ? 1 : 2;
  const y = filled(x.dtype, x.dims.with(axis, kept).with(x.dims.length - 1, out));
  const { outer, inner: step } = slicesAlong(x.dims, axis);
  const inner = step / parts;
  for (let slice = 0; slice < outer * inner; slice++) {
    const [o, i] = [Math.floor(slice / inner), slice % inner];
    const given: Complex = (n) => {
      const at = ((o * size + n) * inner + i) * parts;
      return n < size ? [x.data[at], parts === 2 ? x.data[at + 1] : 0] : [0, 0];
    };
    const source = inverse && oneSided ? hermitian(given, length) : given;
    for (let k = 0; k < kept; k++) {
      const result = transformAt(source, k, { length, sign: inverse ? 1 : -1 });
      for (let part = 0; part < out; part++)
        y.data[((o * kept + k) * inner + i) * out + part] = result[part] / (inverse ? length : 1);
    }
  }
  return y;
};

/** A window: sum over j of a_j cos(2 pi j n / N). N is the length if it is periodic, the length - 1 if it is symmetric. */
const windowOf =
  (...coefficients: readonly number[]): EvalRow =>
  (call): NumArray => {
    const length = call.input(0).data[0];
    const period = attributesOf(call.node, 'HannWindow').periodic ? length : length - 1;
    const at = (n: number) =>
      coefficients.reduce((sum, a, j) => sum + a * Math.cos((2 * Math.PI * j * n) / period), 0);
    return numArray(
      outputType(call),
      [length],
      Float64Array.from({ length }, (_, n) => at(n)),
    );
  };

const outputType = (call: Call) =>
  typeOfCode(call, attributesOf(call.node, 'HannWindow', 'MelWeightMatrix').output_datatype);

const mel = (hertz: number) => 2595 * Math.log10(1 + hertz / 700);
const hertz = (mel: number) => 700 * (10 ** (mel / 2595) - 1);

/** Triangular filters of height 1, evenly spaced on the mel scale: [frequencies, bands]. */
const melWeights: EvalRow = (call) => {
  const [bands, length, rate, lowest, highest] = [0, 1, 2, 3, 4].map((i) => call.input(i).data[0]);
  const y = filled(outputType(call), [Math.floor(length / 2) + 1, bands]);
  const step = (mel(highest) - mel(lowest)) / (bands + 2);
  const edge = (i: number) => Math.floor(((length + 1) * hertz(mel(lowest) + i * step)) / rate);
  for (let band = 0; band < bands; band++) {
    const [low, centre, high] = [edge(band), edge(band + 1), edge(band + 2)];
    const put = (at: number, weight: number) => {
      y.data[at * bands + band] = weight;
    };
    if (low === centre) put(centre, 1);
    else for (let at = low; at <= centre; at++) put(at, (at - low) / (centre - low));
    for (let at = centre; at < high; at++) put(at, (high - at) / (high - centre));
  }
  return y;
};

export const signalRows = {
  BlackmanWindow: windowOf(0.42, -0.5, 0.08),
  DFT: dft,
  HammingWindow: windowOf(25 / 46, -21 / 46),
  HannWindow: windowOf(0.5, -0.5),
  MelWeightMatrix: melWeights,
} satisfies Record<string, EvalRow>;
