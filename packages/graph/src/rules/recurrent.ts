import { refused } from './rule.js';

const recurrence = refused(
  'the fused operator does not give its inner states',
  'Explain an inner tensor after it (cut), or estimate the gradient with difference(score).',
);

/** Recurrent layers. */
export const recurrent = { GRU: recurrence, LSTM: recurrence, RNN: recurrence };
