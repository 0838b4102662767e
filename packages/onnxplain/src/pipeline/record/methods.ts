import type { Explainer, Metric } from '@onnxplain/core';
import type { ExplainerRecord, MetricRecord } from '@onnxplain/report';

/** An explainer as the record describes it. */
export const explainerRecord = ({ expression, kind, control }: Explainer): ExplainerRecord => ({
  expression,
  kind,
  control,
});

/** A metric as the record describes it. */
export function metricRecord(metric: Metric): MetricRecord {
  const { name, expression, better, units, source, definition, comparable = 'any', least } = metric;
  return { name, expression, better, units, source, definition, comparable, least };
}
