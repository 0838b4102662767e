import { cardOf } from '@onnxplain/files';
import { describe, expect, test } from 'vitest';
import { settleTarget } from './target.js';

const classesOf = (labels: readonly string[], labelOffset = 0) =>
  cardOf({ labels, labelOffset }, 'card').classes;

const plain = classesOf(['cat', 'Dog', 'sea eel', 'tench, Tinca tinca', 'goldfish', '']);
const target = (given: Parameters<typeof settleTarget>[0], classes = plain) =>
  settleTarget(given, classes).target;
const refusal = (given: string | readonly string[], classes = plain) => {
  try {
    return settleTarget(given, classes).target;
  } catch (error) {
    return error;
  }
};

describe('a class is asked for', () => {
  test.each([
    ['predicted', 'predicted'],
    ['3', 3],
    [' 3 ', 3],
    ['0,2', [0, 2]],
    ['cat', 0],
    ['Dog', 1],
    ['dog', 1],
    ['SEA EEL', 2],
    ['goldfish,cat', [4, 0]],
    ['cat, 1 ,dog', [0, 1, 1]],
    ['tench, Tinca tinca', 3],
    ['TENCH, tinca tinca', 3],
    ['"tench, Tinca tinca"', 3],
    ['cat,"tench, Tinca tinca",2', [0, 3, 2]],
    ['"cat"', 0],
    ['tench', 3],
    ['tinca TINCA,cat', [3, 0]],
  ] as const)('as %s', (text, expected) => {
    expect(target(text)).toEqual(expected);
  });

  test('by a program: by number, by name, or in a list with one per input', () => {
    expect(target(undefined)).toBeUndefined();
    expect(target(2)).toBe(2);
    expect(target(['goldfish', 1, '"dog"'])).toEqual([4, 1, 1]);
    expect(target(['cat'])).toEqual([0]);
    expect(target([2, 0])).toEqual([2, 0]);
  });

  test('by a name that begins elsewhere than at class 0', () => {
    expect(target('cat', classesOf(['cat', 'dog'], 1))).toBe(1);
  });

  test('by number where there are no names', () => {
    expect(target('4', [])).toBe(4);
    expect(refusal('cat', [])).toMatchObject({ code: 'usage', message: expect.stringContaining('no card') });
  });
});

describe('a name that is spelt as it is on the card', () => {
  const classes = classesOf(['Cat', 'cat', 'a,b', 'a', 'b', 'predicted', 'say "hi"']);

  test('goes before one that differs in capitals, and a whole one before its parts', () => {
    expect(target('cat', classes)).toBe(1);
    expect(target('Cat', classes)).toBe(0);
    expect(target('a,b', classes)).toBe(2);
    expect(target('b,a', classes)).toEqual([4, 3]);
  });

  test('may be the word for the predicted class, or have quotes', () => {
    expect(target('predicted', classes)).toBe('predicted');
    expect(target('"predicted"', classes)).toBe(5);
    expect(target('say "hi"', classes)).toBe(6);
    expect(target('"say \\"hi\\"",a', classes)).toEqual([6, 3]);
  });
});

describe('a place is asked for', () => {
  test.each([
    ['4:900', { at: [4, 900] }],
    [' 4 : 900 ', { at: [4, 900] }],
    ['3:sum:max', { at: [3, 'sum', 'max'] }],
    ['sum', { at: ['sum'] }],
    ['predicted:4:5', { at: ['predicted', 4, 5] }],
    ['4:900,3:2', [{ at: [4, 900] }, { at: [3, 2] }]],
    ['1,3:sum', [1, { at: [3, 'sum'] }]],
    ['Dog:sum:sum', { at: [1, 'sum', 'sum'], namedAxis: 0 }],
    ['7:sea eel', { at: [7, 2], namedAxis: 1 }],
    ['"tench, Tinca tinca":sum,2:max', [{ at: [3, 'sum'], namedAxis: 0 }, { at: [2, 'max'] }]],
  ] as const)('as %s', (text, expected) => {
    expect(target(text)).toEqual(expected);
  });

  test('by a program: in words, by its entries, or in a list with one per input', () => {
    expect(target({ at: [1, 'sum'] })).toEqual({ at: [1, 'sum'] });
    expect(target(['0:1', { at: [2, 3] }, 4])).toEqual([{ at: [0, 1] }, { at: [2, 3] }, 4]);
  });

  test('but a class of that name goes first, in quotes too', () => {
    const classes = classesOf(['sum', 'a:b', 'max', 'c']);
    expect(target('sum', classes)).toBe(0);
    expect(target('a:b', classes)).toBe(1);
    expect(target('"a:b":sum', classes)).toEqual({ at: [1, 'sum'], namedAxis: 0 });
    expect(target('"max":sum', classes)).toEqual({ at: [2, 'sum'], namedAxis: 0 });
    expect(target('max:sum', classes)).toEqual({ at: ['max', 'sum'] });
  });

  test('and names of elements are remembered as such', () => {
    expect(settleTarget('cat', plain).byName).toBe(true);
    expect(settleTarget(['1', 'cat'], plain).byName).toBe(true);
    expect(settleTarget('1,2', plain).byName).toBe(false);
    expect(settleTarget('cat:sum', plain).byName).toBe(false);
  });

  test.each([
    ['4:', 'usage', 'one index, sum, max or predicted for each axis'],
    [':4', 'usage', 'one index'],
    ['4::5', 'usage', 'one index'],
    ['cat:dog', 'usage', 'at most one name'],
    ['catt:sum', 'name-unknown', 'Did you mean "cat"?'],
    ['-1:2', 'name-unknown', 'got "-1"'],
  ])('%s is refused', (text, code, words) => {
    expect(refusal(text)).toMatchObject({ code, message: expect.stringContaining(words) });
  });
});

describe('a name of digits', () => {
  const classes = classesOf(['1', '2', '-1', '2']);

  test('is a number, and a name in double quotes', () => {
    expect(target('1', classes)).toBe(1);
    expect(target('"1"', classes)).toBe(0);
    expect(target('"1",1', classes)).toEqual([0, 1]);
    expect(target('-1', classes)).toBe(2);
  });

  test('is pointed out where it is another class than that of the number', () => {
    expect(settleTarget('1', classes).notices).toEqual([expect.stringContaining(`--target '"1"'`)]);
    expect(settleTarget(1, classes).notices).toEqual([]);
    expect(settleTarget([1, 0], classes).notices).toEqual([]);
    expect(settleTarget('"1"', classes).notices).toEqual([]);
    expect(settleTarget('1', classesOf(['0', '1', '2'])).notices).toEqual([]);
  });
});

describe('is refused', () => {
  test.each([
    ['catt', 'name-unknown', 'Did you mean "cat"?'],
    ['"tench, Tinca tinc"', 'name-unknown', 'Did you mean "tench, Tinca tinca"?'],
    ['cat,dgo', 'name-unknown', 'Did you mean "Dog"?'],
    ['xylophone', 'name-unknown', 'The first names are "cat", "Dog"'],
    ['1.5', 'name-unknown', 'one of 5 classes'],
    ['1,,2', 'usage', 'commas between them'],
    ['', 'usage', 'a class'],
    ['"cat', 'usage', 'a class'],
  ])('%s', (text, code, words) => {
    expect(refusal(text)).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test('a name of several classes, and one that leaves several but for capitals', () => {
    const classes = classesOf(['crane', 'hen', 'crane', 'Owl', 'OWL']);
    expect(refusal('crane', classes)).toMatchObject({
      code: 'option-value',
      message: expect.stringContaining('class 0 ("crane"), class 2 ("crane")'),
    });
    expect(refusal('owl', classes)).toMatchObject({ code: 'option-value' });
    expect(target('OWL', classes)).toBe(4);
  });
});

test('a synonym of several classes is refused with the classes', () => {
  const birds = classesOf(['crane, bird', 'crane', 'drake, bird', 'kite, bird of prey']);
  expect(target('crane', birds)).toBe(1);
  expect(target('kite', birds)).toBe(3);
  expect(refusal('bird', birds)).toMatchObject({
    code: 'option-value',
    diagnosis: { got: expect.stringContaining('class 0 ("crane, bird"), class 2 ("drake, bird")') },
  });
});
