import { type Attribution, expectShape, fail, type Score, type Subject, type Tensor } from '@onnxplain/core';

/** Throws `tensor-shape` unless x and the attribution have the shape of the score's input. */
export function expectSubject(where: string, { f, x, attribution }: Subject): void {
  expectShape(`${where}: x`, x, f.shape);
  expectShape(`${where}: the attribution of ${attribution.method}`, attribution.values, f.shape);
}

/** Throws `not-applicable` for a ranking, of whose values only the order means something. `remedy` names a metric for rankings. */
export function expectValues(where: string, { kind, method }: Attribution, remedy: string): void {
  if (kind !== 'ranking') return;
  fail({
    code: 'not-applicable',
    where,
    expected: 'an attribution whose values have units, local or global',
    got: `${method}, which is a ranking: only the order of its values means something`,
    remedy,
  });
}

/** Returns the score and the input of all subjects. Throws `not-applicable` for none, and for subjects of several scores or inputs. */
export function expectSameScoreAndInput(
  where: string,
  subjects: readonly Subject[],
): { f: Score; x: Tensor } {
  const [first, ...others] = subjects;
  if (first === undefined) {
    return fail({ code: 'not-applicable', where, expected: 'at least one attribution', got: 'none' });
  }
  const other = others.findIndex(({ f, x }) => f !== first.f || !sameNumbers(x, first.x));
  if (other >= 0) {
    fail({
      code: 'not-applicable',
      where,
      expected: 'attributions of one score at one input',
      got: `another ${others[other].f === first.f ? 'input' : 'score'} for number ${other + 1}`,
      remedy: 'Measure attributions of different inputs one by one.',
    });
  }
  return { f: first.f, x: first.x };
}

function sameNumbers(a: Tensor, b: Tensor): boolean {
  return a === b || (a.data.length === b.data.length && a.data.every((value, i) => value === b.data[i]));
}
