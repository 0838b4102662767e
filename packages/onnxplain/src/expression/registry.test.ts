import { expect, test } from 'vitest';
import { make, tables } from './registry.js';

const names = Object.values(tables).flatMap((table) => Object.keys(table));

test.each(names)('%s by its name alone is made, or refused with what it needs', (name) => {
  let message = '';
  try {
    make(name);
  } catch (error) {
    expect(error).toMatchObject({ code: 'option-value' });
    message = String(error);
  }
  expect(message).not.toMatch(/Invalid input|undefined/);
});
