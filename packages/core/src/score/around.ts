import type { Batch, ClassScores, Internals, Score } from '../types/score.js';

/** Evaluates a batch, forward or backward, and may do something before or after. */
export type Around = <Result>(
  kind: 'forward' | 'backward',
  batch: Batch,
  evaluate: (batch: Batch) => Promise<Result>,
) => Promise<Result>;

/**
 * Returns the score with every evaluation passed through `visit`, also those of the scores that `with` and `along` return, of inner tensors
 * and of all classes.
 */
export function around(score: Score, visit: Around): Score {
  const { internals, classes } = score;
  const change = score.with?.bind(score);
  const along = score.along?.bind(score);
  return {
    ...score,
    value: (batch) => visit('forward', batch, (rows) => score.value(rows)),
    gradient: (batch, into) => visit('backward', batch, (rows) => score.gradient(rows, into)),
    with: change && (async (what) => around(await change(what), visit)),
    along: along && ((direction) => around(along(direction), visit)),
    internals: internals && internalsAround(internals, visit),
    classes: classes && classesAround(classes, visit),
  };
}

function classesAround(classes: ClassScores, visit: Around): ClassScores {
  return {
    ...classes,
    values: (batch) => visit('forward', batch, (rows) => classes.values(rows)),
    gradient: (batch, weights, into) =>
      visit('backward', batch, (rows) => classes.gradient(rows, weights, into)),
  };
}

function internalsAround(internals: Internals, visit: Around): Internals {
  return {
    attention: internals.attention,
    layers(names) {
      const layers = internals.layers(names);
      return {
        shapes: layers.shapes,
        get channels() {
          return layers.channels;
        },
        values: (batch) => visit('forward', batch, (rows) => layers.values(rows)),
        gradients: (batch) => visit('backward', batch, (rows) => layers.gradients(rows)),
      };
    },
  };
}
