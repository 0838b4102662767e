/** Version of this package, as its package.json has it: a bundled application has no package.json. */
export const version = '0.1.0';
