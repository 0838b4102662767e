/**
 * Prints what the toolkit costs against its floor, raw ONNX Runtime on the same machine in the same run:
 * infidelity against bare forward passes, the gradient graph against the forward pass, and how much of `evaluate` is spent inside ONNX Runtime.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Tensor, tensor } from '@onnxplain/core';
import { type Model, open, ortSeconds, score } from '@onnxplain/runtime';
import { evaluate, loadInputs, makeExplainer, makeMetric, openModel } from 'onnxplain';
import { imageRows, packagedDigits, readDigits } from '../scripts/idx.js';
import { digit, infidelityCost } from './infidelity.js';
import { interleaved } from './time.js';

const root = join(import.meta.dirname, '..');
const { values: given } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(given.rounds);
const file = join(root, 'models/mnist-cnn.onnx');
