import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import * as core from './index.js';

it('the code of the README prints what it says', async () => {
  const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(text) ?? [];
  const [, names = '', body = ''] = /import \{([^}]*)\} from '@onnxplain\/core';([\s\S]*)/.exec(code) ?? [];
  const [, promised = ''] = /\/\/ prints (.*)/.exec(body) ?? [];
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  const run = new Function('core', `const {${names}} = core; return (async () => {${body}})();`);
  await run(core);
  expect(printed.mock.calls.map((values) => values.join(' '))).toEqual([promised]);
  printed.mockRestore();
});
