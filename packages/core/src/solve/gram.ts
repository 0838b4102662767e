import { once } from '../once.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import type { Products } from '../types/score.js';
import type { Design, Gram } from './equations.js';

/** The products of all rows of a design, whatever their weights. They are computed at the first call. */
export const gramOf = ({ blocks }: Design, products: Products): Gram =>
  once(() => productsOfPairs(blocks, products));

async function productsOfPairs(blocks: Design['blocks'], products: Products): Promise<Tensor> {
  const count = blocks.reduce((sum, { rows }) => sum + rows.n, 0);
  const out = zeros([count, count]);
  let top = 0;
  for (const [i, { rows }] of blocks.entries()) {
    let left = top;
    for (const { rows: others } of blocks.slice(i)) {
      const { data } = await rows.inner(others, products);
      for (let r = 0; r < rows.n; r++) {
        for (let c = 0; c < others.n; c++) {
          const value = data[r * others.n + c];
          out.data[(top + r) * count + left + c] = value;
          out.data[(left + c) * count + top + r] = value;
        }
      }
      left += others.n;
    }
    top += rows.n;
  }
  return out;
}
