import { fail } from '@onnxplain/core';
import { bits, elementwise } from './schema/elementwise.js';
import { movement, shapes } from './schema/movement.js';
import { layers, quantisation, recurrence } from './schema/network.js';
import type { Family, OpSchema } from './schema/op-schema.js';
import { reductions } from './schema/reduction.js';
import { control, draws, sampling, signals } from './schema/special.js';
import type { Node } from './types.js';

/**
 * The operators of the canonical form, as opset 18 or newer defines them. Every table of the compiler (shape inference, interpreter,
 * gradient rules) has a row for each: `Record<Op, ...>` makes a missing row a type error.
 */
export const opSchemas = {
  ...elementwise,
  ...layers,
  ...movement,
  ...reductions,
  ...sampling,
  ...signals,
  ...draws,
  ...bits,
  ...quantisation,
  ...recurrence,
  ...control,
  ...shapes,
} satisfies Readonly<Record<string, OpSchema>>;

export type Op = keyof typeof opSchemas;

/** Names of the operators of the canonical form. */
export const OPS = Object.keys(opSchemas) as readonly Op[];

/** Returns the operator of a node of the canonical form. Throws `op-unknown` for other nodes. */
export function opOf({ op, domain }: Pick<Node, 'op' | 'domain'>): Op {
  if (isOp(op, domain)) return op;
  return fail({
    code: 'op-unknown',
    where: 'graph',
    expected: 'an operator of the canonical form',
    got: qualifiedName({ op, domain }),
    remedy: 'Call canonicalise first.',
  });
}

/** The name of a node's operator in tables of several domains: "Op" for the standard domain, else "domain:Op". */
export const qualifiedName = ({ op, domain }: Pick<Node, 'op' | 'domain'>): string =>
  domain === '' || domain === 'ai.onnx' ? op : `${domain}:${op}`;

/** Whether an operator is part of the canonical form. */
export function isOp(op: string, domain: string): op is Op {
  return domain === '' && Object.hasOwn(opSchemas, op);
}

/** Families of the operators that compute each element of the output from the elements at the same place of the inputs. */
export const ELEMENTWISE = ['unary', 'arithmetic', 'comparison', 'logic', 'bits', 'copy'] as const;

/** Operators of some families. */
export const opsIn = (...families: readonly Family[]): readonly Op[] =>
  OPS.filter((op) => families.includes(opSchemas[op].family));

/** A set of operators that is tested for the operator of any node. A name that is not an operator does not compile. */
export const opSet = (...ops: readonly Op[]): ReadonlySet<string> => new Set(ops);

/** Whether the operator of a node belongs to one of some families. */
export const isIn = ({ op, domain }: Pick<Node, 'op' | 'domain'>, ...families: readonly Family[]): boolean =>
  isOp(op, domain) && families.includes(opSchemas[op].family);

/** Operators that draw random numbers (Dropout in training mode). They are never folded and never merged. */
export const DRAWS: ReadonlySet<string> = new Set<Op>([...opsIn('draw'), 'Dropout']);
