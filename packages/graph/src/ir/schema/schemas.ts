import { opSchemas } from '../ops.js';
import { decomposed, superseded } from './decomposed.js';
import { contributed, learners } from './foreign.js';

/** Schemas of standard operators, today's and older ones, by name: "Op", or "Op-1" for an older version. */
export const standardSchemas = { ...opSchemas, ...decomposed, ...superseded };

/** All schemas. Names outside the standard domain are "domain:Op". */
export const schemas = { ...standardSchemas, ...learners, ...contributed };

export type SchemaName = keyof typeof schemas;
