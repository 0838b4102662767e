import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageWriter } from './message-writer.js';

type Item =
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'message'; readonly value: readonly Entry[] };
type Entry = readonly [field: number, item: Item];

const field = fc.integer({ min: 1, max: 2 ** 29 - 1 });
const { entries } = fc.letrec<{ entries: readonly Entry[]; item: Item }>((tie) => ({
  entries: fc.array(fc.tuple(field, tie('item')), { maxLength: 6 }),
  item: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.record({ kind: fc.constant('int'), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
    fc.record({ kind: fc.constant('text'), value: fc.string({ unit: 'binary', maxLength: 300 }) }),
    fc.record({ kind: fc.constant('bytes'), value: fc.uint8Array({ maxLength: 5_000, size: 'max' }) }),
    fc.record({ kind: fc.constant('message'), value: tie('entries') }),
  ) as fc.Arbitrary<Item>,
}));

function write(to: ReturnType<typeof messageWriter>, list: readonly Entry[]): void {
  for (const [number, { kind, value }] of list) {
    if (kind === 'int') to.int(number, value);
    else if (kind === 'text') to.text(number, value);
    else if (kind === 'bytes') to.bytes(number, value);
    else {
      to.open(number);
      write(to, value);
      to.close();
    }
  }
}

/** The library's own writer. */
function expected(to: BinaryWriter, list: readonly Entry[]): BinaryWriter {
  for (const [number, { kind, value }] of list) {
    if (kind === 'int') to.tag(number, WireType.Varint).int64(value);
    else if (kind === 'text') to.tag(number, WireType.LengthDelimited).string(value);
    else if (kind === 'bytes') to.tag(number, WireType.LengthDelimited).bytes(value);
    else expected(to.tag(number, WireType.LengthDelimited).fork(), value).join();
  }
  return to;
}

test('the bytes of a message are those that the protobuf library writes', () => {
  fc.assert(
    fc.property(entries, (list) => {
      const to = messageWriter();
      write(to, list);
      expect(Buffer.from(to.bytesWritten()).equals(expected(new BinaryWriter(), list).finish())).toBe(true);
    }),
    { numRuns: 100 },
  );
});
