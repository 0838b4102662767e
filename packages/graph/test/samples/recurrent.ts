import type { Attributes, Op } from '../../src/index.js';
import { attributes, fixed, of, random, type Sample, sample } from './make.js';

type Samples = () => readonly Sample[];
type Cell = 'GRU' | 'LSTM' | 'RNN';
type Part = 'bias' | 'lengths' | 'initial' | 'peepholes';

const gates = { GRU: 3, LSTM: 4, RNN: 1 } as const;
const [STEPS, BATCH, INPUTS, HIDDEN] = [4, 3, 2, 3];

interface Case {
  readonly parts?: readonly Part[];
  readonly options?: Parameters<typeof attributes>[0];
  readonly floats?: Readonly<Record<string, number>>;
  readonly more?: Attributes;
}

function recurrent(op: Cell, { parts = [], options = {}, floats = {}, more = {} }: Case): Sample {
  const directions = options.direction === 'bidirectional' ? 2 : 1;
  const rows = gates[op] * HIDDEN;
  const state = (seed: number) =>
    random(options.layout === 1 ? [BATCH, directions, HIDDEN] : [directions, BATCH, HIDDEN], seed, [-1, 1]);
  const has = (part: Part) => parts.includes(part);
  const inputs = [
    random(options.layout === 1 ? [BATCH, STEPS, INPUTS] : [STEPS, BATCH, INPUTS], 121),
    random([directions, rows, INPUTS], 122, [-1, 1]),
    random([directions, rows, HIDDEN], 123, [-1, 1]),
    has('bias') ? random([directions, 2 * rows], 124, [-1, 1]) : undefined,
    has('lengths') ? fixed(of('int32', [BATCH], [4, 1, 3])) : undefined,
    has('initial') ? state(125) : undefined,
    ...(op === 'LSTM'
      ? [
          has('initial') ? state(126) : undefined,
          has('peepholes') ? random([directions, 3 * HIDDEN], 127, [-1, 1]) : undefined,
        ]
      : []),
  ];
  while (inputs.at(-1) === undefined) inputs.pop();
  return sample(op, inputs, {
    note: JSON.stringify({
      parts,
      ...options,
      ...floats,
      ...Object.fromEntries(Object.entries(more).map(([k, a]) => [k, a.value])),
    }),
    smooth: floats.clip === undefined,
    outputs: op === 'LSTM' ? 3 : 2,
    attributes: { ...attributes({ hidden_size: HIDDEN, ...options }, floats), ...more },
  });
}

const floatList = (...value: readonly number[]) => ({ kind: 'floats', value }) as const;

/** What all three cells have in common. */
const common = (op: Cell): Sample[] => [
  recurrent(op, {}),
  recurrent(op, { parts: ['bias'] }),
  recurrent(op, { parts: ['bias', 'initial'], options: { direction: 'reverse' } }),
  recurrent(op, { parts: ['bias', 'initial', 'lengths'], options: { direction: 'bidirectional' } }),
  recurrent(op, { parts: ['bias', 'lengths'], options: { direction: 'reverse' } }),
  recurrent(op, { parts: ['bias'], floats: { clip: 0.4 } }),
];

export const recurrentSamples = {
  GRU: () => [
    ...common('GRU'),
    recurrent('GRU', { parts: ['bias', 'initial'], options: { linear_before_reset: 1 } }),
    recurrent('GRU', {
      parts: ['bias', 'initial', 'lengths'],
      options: { linear_before_reset: 1, direction: 'bidirectional' },
    }),
    recurrent('GRU', { parts: ['bias'], options: { activations: ['Softsign', 'Sigmoid'] } }),
  ],
  LSTM: () => [
    ...common('LSTM'),
    recurrent('LSTM', { parts: ['bias', 'initial', 'peepholes'] }),
    recurrent('LSTM', {
      parts: ['bias', 'initial', 'peepholes', 'lengths'],
      options: { direction: 'bidirectional' },
    }),
    recurrent('LSTM', { parts: ['bias', 'initial'], options: { input_forget: 1 } }),
    recurrent('LSTM', {
      parts: ['bias'],
      options: { activations: ['HardSigmoid', 'Softsign', 'Tanh'] },
      more: { activation_alpha: floatList(0.3), activation_beta: floatList(0.4) },
    }),
  ],
  RNN: () => [
    ...common('RNN'),
    recurrent('RNN', { parts: ['bias'], options: { activations: ['Sigmoid'] } }),
    recurrent('RNN', {
      parts: ['bias'],
      options: { activations: ['LeakyRelu'] },
      more: { activation_alpha: floatList(0.3) },
    }),
    recurrent('RNN', {
      parts: ['bias'],
      options: { activations: ['Affine', 'Elu'], direction: 'bidirectional' },
      more: { activation_alpha: floatList(0.5, 0.7), activation_beta: floatList(0.1) },
    }),
  ],
} satisfies Partial<Record<Op, Samples>>;
