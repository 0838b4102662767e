import {
  type Attribution,
  type Explainer,
  elementFeatures,
  featureValues,
  type Key,
  named,
  type Subject,
  stream,
  valuesOfFeatures,
} from '@onnxplain/core';

/**
 * The subject with the numbers of its features in a random order, which is that of the key: an explanation with the same distribution of
 * numbers that says nothing about the features. Its explainer shuffles every explanation in this order.
 */
export function shuffledSubject(subject: Subject, key: Key): Subject {
  const { attribution, explain } = subject;
  const order = permutation(featureValues(attribution).length, key);
  return {
    ...subject,
    attribution: shuffled(attribution, order),
    ...(explain !== undefined && { explain: shuffling(explain, order) }),
  };
}

function shuffling(explain: Explainer, order: Uint32Array): Explainer {
  return named(
    async (...given: Parameters<Explainer>) => {
      const attribution = await explain(...given);
      const { length } = featureValues(attribution);
      // An explainer whose features depend on the input has another order where their number is another one.
      return shuffled(attribution, length === order.length ? order : permutation(length, given[2]));
    },
    { expression: explain.expression, kind: explain.kind, control: explain.control, layers: explain.layers },
  );
}

/** The attribution whose feature i has the number that feature order[i] had. */
function shuffled(attribution: Attribution, order: Uint32Array): Attribution {
  const { values, features = elementFeatures(values.shape) } = attribution;
  const numbers = featureValues(attribution);
  const moved = Float64Array.from(order, (from) => numbers[from]);
  return { ...attribution, ...valuesOfFeatures(moved, features, values.shape) };
}

/** The numbers from 0 to n - 1 in a uniformly random order. Source: Durstenfeld 1964 (Fisher-Yates shuffle). */
function permutation(n: number, key: Key): Uint32Array {
  const random = stream(key);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
