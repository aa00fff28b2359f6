import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assert } from '../core/assert.ts';
import { identityFromSeed } from './signing.ts';
import { DHT_VALUE_BYTES_MAX } from '../env/dht.ts';
import { primitives } from '../platform/node/primitives.ts';
import {
  networkContext,
  openRecord,
  recordPlace,
  SEALED_BYTES_MAX,
  sealRecord,
  type RecordPlace,
} from './table-record.ts';

function placeOf(seed: number, networkId: string): RecordPlace {
  const { publicKey } = identityFromSeed(primitives, new Uint8Array(32).fill(seed));
  const place = recordPlace(primitives, networkContext(networkId), publicKey);
  assert(place !== null, 'the key of an identity is valid');
  return place;
}

const values = fc.uint8Array({ maxLength: DHT_VALUE_BYTES_MAX });
const sequences = fc.bigInt({ min: 1n, max: 2n ** 53n - 1n });

test('what is sealed opens in its place under its sequence, and nowhere else', () => {
  const place = placeOf(1, 'home');
  const others = [placeOf(2, 'home'), placeOf(1, 'elsewhere')];
  fc.assert(
    fc.property(values, sequences, (value, sequence) => {
      const sealed = sealRecord(primitives, place, sequence, value);
      expect(sealed.length).toBeLessThanOrEqual(SEALED_BYTES_MAX);
      expect(openRecord(primitives, place, sequence, sealed)).toEqual(value);
      expect(openRecord(primitives, place, sequence + 1n, sealed)).toBeNull();
      for (const other of others) {
        expect(openRecord(primitives, other, sequence, sealed)).toBeNull();
      }
    }),
  );
});

test('a changed byte does not open', () => {
  const place = placeOf(1, 'home');
  fc.assert(
    fc.property(
      values,
      sequences,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (value, sequence, at, flip) => {
        const sealed = sealRecord(primitives, place, sequence, value);
        const index = at % sealed.length;
        sealed[index] = (sealed[index] ?? 0) ^ flip;
        expect(openRecord(primitives, place, sequence, sealed)).toBeNull();
      },
    ),
  );
});

test('the same seals to the same bytes, another value or sequence under another nonce', () => {
  const place = placeOf(1, 'home');
  const seal = (sequence: bigint, value: number): Uint8Array =>
    sealRecord(primitives, place, sequence, Uint8Array.of(value));
  expect(seal(1n, 1)).toEqual(seal(1n, 1));
  const nonces = [seal(1n, 1), seal(2n, 1), seal(1n, 2)].map((sealed) =>
    sealed.subarray(0, 24).join(),
  );
  expect(new Set(nonces).size).toBe(3);
});
