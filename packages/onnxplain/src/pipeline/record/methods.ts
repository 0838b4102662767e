import type { Explainer, Metric } from '@onnxplain/core';
import type { ExplainerRecord, MetricRecord } from '@onnxplain/report';

/** Returns the description of an explainer for the record. */
export const explainerRecord = ({ expression, kind, control }: Explainer): ExplainerRecord => ({
  expression,
  kind,
  control,
});

/** Returns the description of a metric for the record. */
export function metricRecord(metric: Metric): MetricRecord {
  const { name, expression, better, units, source, definition, comparable = 'any', least, most } = metric;
  return { name, expression, better, units, source, definition, comparable, least, most };
}
