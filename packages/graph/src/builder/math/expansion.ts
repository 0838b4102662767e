import type { Builder } from '../builder.js';

export interface Expansion {
  /** A tensor of the shape and dtype of `like`. */
  zeros(like: string): string;
  ones(like: string): string;
  /** x, broadcast to the shape of `like`. */
  expand(x: string, like: string): string;
}

export function expansion(b: Builder): Expansion {
  const expand = (x: string, like: string) => b.emit('Expand', [x, b.shape(like)]);
  return {
    expand,
    zeros: (like) => expand(b.scalar(0, like), like),
    ones: (like) => expand(b.scalar(1, like), like),
  };
}
