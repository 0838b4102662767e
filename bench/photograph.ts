import { readFileSync } from 'node:fs';
import type { Tensor } from '@onnxplain/core';
import { loadImage } from '@onnxplain/files';

/** Options of the command line: the files of a model of ImageNet and of a photograph. */
export const photographOptions = {
  model: { type: 'string', form: 'FILE.onnx' },
  photo: { type: 'string', form: 'FILE.jpg' },
} as const;

/** How the pretrained models of ImageNet take pictures. */
export const IMAGENET = {
  size: [224, 224],
  layout: 'nchw',
  channels: 'rgb',
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

/** A photograph as the models take it, [3, 224, 224]. */
export const photograph = (path: string): Tensor => loadImage(readFileSync(path), IMAGENET, path).tensor;
