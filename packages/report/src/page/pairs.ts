import { type PairOfExplainers, pairsOfExplainers } from '../pairs.js';
import type { RunRecord } from '../record.js';
import { formatInterval, formatMean, formatNumber } from './format.js';
import { type Html, html } from './html.js';

/** Makes the table of all pairs of explainers under a metric, folded up; undefined where no two have numbers for two inputs. */
export function pairsTable(record: RunRecord, m: number): Html | undefined {
  const pairs = pairsOfExplainers(record, m);
  if (pairs.length === 0) return undefined;
  const { better } = record.metrics[m];
  return html`<details><summary>Pairs of explainers</summary>
<div class="scroll"><table class="results pairs">
<caption>${CAPTION} Better is ${better}.</caption>
<thead><tr><th scope="col">Explainers</th><th scope="col">Win / draw / loss</th><th scope="col">Difference (95 % interval)</th><th scope="col">t-test p</th><th scope="col">Signed-rank p</th></tr></thead>
<tbody>${pairs.map((pair) => pairRow(record, pair))}</tbody></table></div></details>`;
}

const CAPTION =
  'The first explainer against the second, over the inputs for which both have numbers: on how many it is better, equal up to the rounding of float32, and worse; the mean of its number less the other; and two-sided p-values of the paired t-test and of Wilcoxon’s signed-rank test, each corrected by Holm’s method for the number of pairs. The interval is not corrected.';

function pairRow({ explainers }: RunRecord, pair: PairOfExplainers): Html {
  const { win, draw, loss } = pair.counts;
  const { mean, stderr, interval } = pair.difference;
  const gap = `${mean > 0 ? '+' : ''}${formatMean({ value: mean, stderr })}`;
  const [first, second] = [explainers[pair.first], explainers[pair.second]];
  return html`<tr><th scope="row"><code>${first.expression}</code> against <code>${second.expression}</code></th>
<td class="number" data-label="Win / draw / loss">${win} / ${draw} / ${loss}</td>
<td class="number" data-label="Difference">${gap} (${formatInterval(interval)})</td>
<td class="number" data-label="t-test p">${formatNumber(pair.tTest)}</td>
<td class="number" data-label="Signed-rank p">${formatNumber(pair.signedRank)}</td></tr>`;
}
