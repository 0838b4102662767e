export { type ColourScale, STEPS, scaleTable } from './colour.js';
export { type ComparedExplainers, compared } from './compared.js';
export { type MeanCurves, type MeanLine, meanCurves } from './curves.js';
export { explainedText, nounOf, predictionText, targetText } from './element.js';
export { type ChannelOrder, type Heat, type HeatOptions, heat, pictureShape } from './heat.js';
export { joinRecords, type RecordInFolder } from './join.js';
export {
  formatBytes,
  formatEstimate,
  formatInterval,
  formatMean,
  formatNumber,
  formatSeconds,
} from './page/format.js';
export type { Pictures } from './page/inputs.js';
export { page } from './page/page.js';
export { topTitle } from './page/top.js';
export { type PairOfExplainers, pairsOfExplainers } from './pairs.js';
export { type Heatmap, type HeatmapOptions, heatmap, pictureOf } from './panels.js';
export { type PertinentOptions, pertinentPicture } from './pertinent.js';
export type { Standing } from './record.js';
export * from './record.js';
export { type RecordPart, restrictRecord } from './restrict.js';
export { type SummaryOptions, summarise } from './summary.js';
export { tableMarkdown } from './table/markdown.js';
export { INPUTS_SHOWN, type PartRun, tablePage } from './table/page.js';
export * from './table/table-record.js';
export { titleText, verdictCounts } from './table/texts.js';
export { type TokenRun, tokenRuns } from './token-runs.js';
export { verdicts } from './verdict.js';
