/**
 * Finds the known names nearest to a wrong one, by edit distance. Names that begin with the wrong name, or contain it when punctuation
 * is ignored, are near too: "conv1" for "/conv1/Conv_output_0".
 */
function nearest(name: string, known: readonly string[], most = 3): readonly string[] {
  const limit = Math.max(2, Math.floor(name.length / 3));
  const part = plain(name);
  const holdsIt = (candidate: string) => part.length >= 3 && plain(candidate).includes(part);
  return known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => {
      // A name with all letters replaced is another name.
      const misspelt = distance <= limit && distance < Math.max(name.length, candidate.length);
      return misspelt || candidate.startsWith(name) || holdsIt(candidate);
    })
    .sort((a, b) => a.distance - b.distance)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** The letters and digits of a text, in lower case. */
const plain = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

/** Returns "Did you mean a or b?", or undefined where no known name is near. */
export function didYouMean(name: string, known: readonly string[]): string | undefined {
  const near = nearest(name, known);
  return near.length === 0 ? undefined : `Did you mean ${near.join(' or ')}?`;
}

/** Levenshtein distance by two rows. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j] + 1, row[j - 1] + 1));
    }
    above = row;
  }
  return above[b.length];
}
