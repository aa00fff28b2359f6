import fc from 'fast-check';
import { expect, test } from 'vitest';
import { primitives } from './primitives.ts';
import { slowHash } from './slow-hash.ts';

function bytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

test('gives what the same function gives at once', async () => {
  await fc.assert(
    fc.asyncProperty(bytes(32), bytes(16), fc.constantFrom(16, 32, 64), async (word, salt, out) => {
      const later = await slowHash.argon2id(word, salt, 1, 64 * 1024, out);
      expect(later).toEqual(primitives.argon2id(word, salt, 1, 64 * 1024, out));
    }),
    { numRuns: 20 },
  );
});

test('a wrong length is a caller’s bug here, too', async () => {
  const hash = slowHash.argon2id(new Uint8Array(32), new Uint8Array(15), 1, 64 * 1024, 32);
  await expect(hash).rejects.toThrow(TypeError);
});
