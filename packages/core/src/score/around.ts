import type { Batch, Inside, Score } from '../types.js';

/** Evaluates a batch, forward or backward, and may do something before or after. */
export type Around = <Result>(
  kind: 'forward' | 'backward',
  batch: Batch,
  evaluate: (batch: Batch) => Promise<Result>,
) => Promise<Result>;

/** The same score with every evaluation passed through `visit`, those of its other backward passes and of its inside too. */
export function around(score: Score, visit: Around): Score {
  const { under, inside } = score;
  return {
    ...score,
    value: (batch) => visit('forward', batch, (rows) => score.value(rows)),
    gradient: (batch) => visit('backward', batch, (rows) => score.gradient(rows)),
    under: under && ((pass) => around(under(pass), visit)),
    inside: inside && insideAround(inside, visit),
  };
}

function insideAround(inside: Inside, visit: Around): Inside {
  return {
    attention: inside.attention,
    layers(names) {
      const layers = inside.layers(names);
      return {
        shapes: layers.shapes,
        get channels() {
          return layers.channels;
        },
        values: (batch) => visit('forward', batch, (rows) => layers.values(rows)),
        slopes: (batch) => visit('backward', batch, (rows) => layers.slopes(rows)),
      };
    },
  };
}
