import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { primitives } from '../platform/node/primitives.ts';
import {
  createRecordOpener,
  createRecordSealer,
  RECORD_CONTENT_BYTES_MAX,
  RECORDS_PER_KEY,
} from './noise-records.ts';
import { NOISE_MESSAGE_BYTES_MAX } from './noise.ts';
import { nextTransportKey, openTransport } from './transport-cipher.ts';

const KEY = new Uint8Array(32).fill(7);
const NONE = new Uint8Array(0);

describe('records', () => {
  test('what is sealed is opened, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (contents) => {
        const [sealer, opener] = [
          createRecordSealer(primitives, KEY),
          createRecordOpener(primitives, KEY),
        ];
        for (const content of contents) {
          expect(opener.open(sealer.seal(content))).toEqual(content);
        }
      }),
    );
  });

  test('a record repeated, left out, changed or cut is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat(), (content, at) => {
        const sealer = createRecordSealer(primitives, KEY);
        const opener = createRecordOpener(primitives, KEY);
        const [first, second] = [sealer.seal(content), sealer.seal(content)];
        expect(opener.open(second)).toBeNull();
        const changed = first.slice();
        changed[at % first.length] = (changed[at % first.length] ?? 0) ^ (1 << (at & 7));
        expect(opener.open(changed)).toBeNull();
        expect(opener.open(first.subarray(0, at % first.length))).toBeNull();
        expect(opener.open(first)).toEqual(content);
        expect(opener.open(first)).toBeNull();
        expect(opener.open(second)).toEqual(content);
      }),
    );
  });

  test('the longest record is the longest message of Noise; a longer one is refused', () => {
    const record = createRecordSealer(primitives, KEY).seal(
      new Uint8Array(RECORD_CONTENT_BYTES_MAX),
    );
    expect(record.length).toBe(NOISE_MESSAGE_BYTES_MAX);
    expect(createRecordOpener(primitives, KEY).open(record)?.length).toBe(RECORD_CONTENT_BYTES_MAX);
    const longer = createRecordSealer(primitives, KEY).seal(
      new Uint8Array(RECORD_CONTENT_BYTES_MAX + 1),
    );
    expect(createRecordOpener(primitives, KEY).open(longer)).toBeNull();
  });

  test('a key serves for so many records; the next one follows from it, and counters go on', () => {
    const sealer = createRecordSealer(primitives, KEY);
    const opener = createRecordOpener(primitives, KEY);
    const next = nextTransportKey(primitives, KEY);
    for (let i = 0n; i < RECORDS_PER_KEY + 2n; i += 1n) {
      const record = sealer.seal(NONE);
      expect(opener.open(record) !== null).toBe(true);
      if (i < RECORDS_PER_KEY - 1n) continue;
      const key = i < RECORDS_PER_KEY ? KEY : next;
      const other = i < RECORDS_PER_KEY ? next : KEY;
      expect(openTransport(primitives, key, i, NONE, record)).toEqual(NONE);
      expect(openTransport(primitives, other, i, NONE, record)).toBeNull();
    }
  });

  test('wiping one end leaves the caller’s key and the other end alone', () => {
    const key = KEY.slice();
    const [sealer, opener] = [
      createRecordSealer(primitives, key),
      createRecordOpener(primitives, key),
    ];
    const record = sealer.seal(NONE);
    sealer.wipe();
    expect(key).toEqual(KEY);
    expect(opener.open(record)).toEqual(NONE);
    expect(opener.open(sealer.seal(NONE))).toBeNull();
  });
});
