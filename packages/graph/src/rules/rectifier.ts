import type { Op } from '../ops.js';
import type { Calculus } from './calculus.js';
import type { Row, Rule, RuleTable, Step } from './rule.js';

/** Activations that pass what is positive and hold back the rest. Clip is one when it begins at 0 (ReLU6). */
const RECTIFIERS = ['Celu', 'Clip', 'Elu', 'LeakyRelu', 'PRelu', 'Relu', 'Selu', 'ThresholdedRelu'] as const;

/** Guided backpropagation: only positive cotangents enter a rectifier's ordinary rule. Springenberg et al. 2015. */
export const guided = (table: RuleTable): RuleTable =>
  withRectifiers(table, (rule) => (b, step, dy) => rule(b, step, b.map('Relu', dy)));

/** Deconvnet: positive cotangents pass, whatever the forward sign was. Zeiler and Fergus 2014. */
export const deconv = (table: RuleTable): RuleTable =>
  withRectifiers(table, (rule) => (b, step, dy) => [b.map('Relu', dy), ...rule(b, step, dy).slice(1)]);

function withRectifiers(table: RuleTable, change: (rule: Rule) => Rule): RuleTable {
  const rows = RECTIFIERS.map((op) => [op, rectifying(op, table[op], change)] as const);
  return { ...table, ...Object.fromEntries(rows) };
}

function rectifying(op: Op, row: Row, change: (rule: Rule) => Rule): Row {
  if (typeof row !== 'function') return row;
  const changed = change(row);
  if (op !== 'Clip') return changed;
  return (b, step, dy) => (beginsAtZero(b, step) ? changed : row)(b, step, dy);
}

function beginsAtZero(b: Calculus, { inputs: [, low] }: Step): boolean {
  const bound = low ? b.constantOf(low) : undefined;
  return bound !== undefined && Number(bound.data[0]) === 0;
}
