// Records of the distributed table as we sign them, against the check of the engine whose nodes keep them.

import Persistent from 'hyperdht/lib/persistent.js';
import { expect, test } from 'vitest';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import {
  networkContext,
  openTableRecord,
  recordPlace,
  sealTableRecord,
} from '../../src/crypto/table-record.ts';
import { primitives } from '../../src/platform/node/primitives.ts';

test('a signed record is what hyperdht checks, for lengths and sequences of every width', () => {
  const identity = identityFromSeed(primitives, new Uint8Array(32).fill(1));
  const place = recordPlace(primitives, networkContext('home'), identity.publicKey);
  const cases: readonly (readonly [bigint, number])[] = [
    [1n, 0],
    [252n, 212],
    [253n, 213],
    [65_535n, 400],
    [65_536n, 512],
    [2n ** 32n, 900],
    [2n ** 53n - 1n, 900],
  ];
  for (const [sequence, bytes] of cases) {
    const value = new Uint8Array(bytes).fill(7);
    const record = sealTableRecord(primitives, identity, 'home', value, sequence);
    const verified = Persistent.verifyMutable(
      Buffer.from(record.signature),
      Number(sequence),
      Buffer.from(record.sealed),
      Buffer.from(place?.key ?? []),
    );
    expect(verified).toBe(true);
    expect(openTableRecord(primitives, 'home', record)).toEqual(value);
    expect(openTableRecord(primitives, 'away', record)).toBeNull();
    expect(openTableRecord(primitives, 'home', { ...record, sequence: sequence + 1n })).toBeNull();
    const other = identityFromSeed(primitives, new Uint8Array(32).fill(2));
    const stolen = { ...record, publicKey: other.publicKey };
    expect(openTableRecord(primitives, 'home', stolen)).toBeNull();
  }
});
