import type { BatchAxisOption } from '@onnxplain/runtime';
import { InvalidArgumentError } from 'commander';

/** Parses one word of --batch-axis: AXIS or NAME=AXIS. `before` is the result for the words before it. */
export function batchAxis(text: string, before?: BatchAxisOption): BatchAxisOption {
  const at = text.lastIndexOf('=');
  const word = text.slice(at + 1);
  if (word !== 'none' && !/^\d+$/.test(word))
    throw new InvalidArgumentError('Not an axis from 0 up, or none.');
  const axis = word === 'none' ? word : Number(word);
  const named = typeof before === 'object' ? before : {};
  if (at < 0 && before === undefined) return axis;
  if (at <= 0 || (before !== undefined && typeof before !== 'object')) {
    throw new InvalidArgumentError('Not one axis for the explained input, or NAME=AXIS for each.');
  }
  const name = text.slice(0, at);
  refuseSecond(name, named);
  return { ...named, [name]: axis };
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Not a number.');
  return value;
}

export function integer(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('Not a whole number.');
  return value;
}

export function whole(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('Not a whole number from 0 up.');
  return value;
}

export function positive(text: string): number {
  const value = whole(text);
  if (value === 0) throw new InvalidArgumentError('Not a whole number from 1 up.');
  return value;
}

export function numbers(text: string): [number, ...number[]] {
  const [first, ...rest] = text.split(',').map(number);
  return [first, ...rest];
}

export function pair(text: string): [number, number] {
  const [low, high, ...more] = numbers(text);
  if (high === undefined || more.length > 0 || low >= high) {
    throw new InvalidArgumentError('Not two numbers, the lower first.');
  }
  return [low, high];
}

export function size(text: string): [number, number] {
  const [height, width = height, ...more] = text.split(/[,x]/).map(positive);
  if (more.length > 0) throw new InvalidArgumentError('Not height,width.');
  return [height, width];
}

/** Refuses a second value for a name; `before` holds the values that were given before. */
export function refuseSecond(name: string, before: Readonly<Record<string, unknown>>): void {
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`"${name}" has a value already. Give one.`);
}
