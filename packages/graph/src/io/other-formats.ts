import { fail } from '@onnxplain/core';

/** A file format that users pass by mistake. */
interface Format {
  readonly name: string;
  readonly matches: (head: Uint8Array, text: string) => boolean;
  readonly remedy: string;
}

const FETCH = 'Fetch the model file itself.';
const EXPORT = 'Export the model to ONNX.';

const startsWith =
  (...bytes: readonly number[]) =>
  (head: Uint8Array): boolean =>
    bytes.every((byte, i) => head[i] === byte);

const FORMATS: readonly Format[] = [
  {
    name: 'a Git LFS pointer',
    matches: (_, text) => text.startsWith('version https://git-lfs'),
    remedy:
      'The file has only the address of the model: run "git lfs pull" in the repository that it comes from.',
  },
  {
    name: 'a web page',
    matches: (_, text) => /^\s*<(!doctype|html|\?xml|head|body)/i.test(text),
    remedy: `The download probably returned a login or error page. ${FETCH}`,
  },
  {
    name: 'a PyTorch or other zip archive',
    matches: startsWith(0x50, 0x4b, 0x03, 0x04),
    remedy: 'Unpack it, or for a PyTorch file (.pt, .pth) export the model with torch.onnx.export.',
  },
  {
    name: 'a gzip archive',
    matches: startsWith(0x1f, 0x8b),
    remedy: 'Unpack it first.',
  },
  {
    name: 'a TensorFlow Lite model',
    matches: (_, text) => text.startsWith('TFL3', 4),
    remedy: `${EXPORT.slice(0, -1)}, for instance with tf2onnx --tflite.`,
  },
  {
    name: 'a model in ORT format',
    matches: (_, text) => text.startsWith('ORTM', 4),
    remedy: 'Use the .onnx file that it was made from.',
  },
  {
    name: 'a HDF5 file (Keras)',
    matches: startsWith(0x89, 0x48, 0x44, 0x46),
    remedy: `${EXPORT.slice(0, -1)}, for instance with tf2onnx.`,
  },
  {
    name: 'a Python pickle (PyTorch, scikit-learn)',
    // The PROTO opcode and a protocol number. In protobuf these bytes would be field 32 or above, which models do not have.
    matches: (head) => head[0] === 0x80 && head[1] >= 2 && head[1] <= 5,
    remedy: `${EXPORT.slice(0, -1)}, for instance with torch.onnx.export or skl2onnx.`,
  },
  {
    name: 'a safetensors file',
    matches: (_, text) => text.startsWith('{"', 8),
    remedy: `Weights alone are not a model. ${EXPORT}`,
  },
  {
    name: 'a GGUF file',
    matches: (_, text) => text.startsWith('GGUF'),
    remedy: EXPORT,
  },
  {
    name: 'a picture',
    matches: (head) => startsWith(0xff, 0xd8, 0xff)(head) || startsWith(0x89, 0x50, 0x4e, 0x47)(head),
    remedy: 'Name the .onnx file: a picture is what it is run on.',
  },
  {
    name: 'a NumPy array',
    matches: (_, text) => text.startsWith('NUMPY', 1),
    remedy: 'Name the .onnx file: an array is what it is run on.',
  },
  {
    name: 'a TensorFlow graph (.pb)',
    // A SavedModel begins with its schema version and the tags of its graph, a GraphDef with a node that has an operator.
    matches: (head, text) =>
      (startsWith(0x08, 0x01, 0x12)(head) && /serve|saved_model|PartitionedCall/.test(text)) ||
      (head[0] === 0x0a && /Placeholder|VarHandleOp|VariableV2|MatMul/.test(text)),
    remedy: `${EXPORT.slice(0, -1)}, for instance with tf2onnx.`,
  },
  {
    name: 'JSON',
    matches: (head, text) => /^\s*[{[]/.test(text) && head.every(isTextual),
    remedy: FETCH,
  },
  {
    name: 'text',
    matches: (head) => head.length > 16 && head.every(isPrintable),
    remedy: FETCH,
  },
];

/** Whether a byte can be of UTF-8. */
const isTextual = (byte: number): boolean => byte >= 0x20 || (byte >= 9 && byte <= 13);

const isPrintable = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13);

/** Number of bytes at the start of the file that are examined. */
const HEAD = 512;

/** Throws `file-format`, with a remedy, for a file of a known format other than ONNX, and `model-corrupt` for an empty file. */
export function refuseOtherFormats(bytes: Uint8Array): void {
  if (bytes.length === 0) {
    fail({
      code: 'model-corrupt',
      where: 'model',
      expected: 'an ONNX model',
      got: 'an empty file',
      remedy: FETCH,
    });
  }
  const head = bytes.subarray(0, HEAD);
  const text = new TextDecoder('latin1').decode(head);
  const format = FORMATS.find(({ matches }) => matches(head, text));
  if (format === undefined) return;
  fail({
    code: 'file-format',
    where: 'model',
    expected: 'an ONNX model',
    got: format.name,
    remedy: format.remedy,
  });
}
