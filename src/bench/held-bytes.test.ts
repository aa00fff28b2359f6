import { expect, test } from 'vitest';
import { heldBytes } from './held-bytes.ts';

test('array buffers and objects count, and garbage does not', async () => {
  const arrays = await heldBytes(
    () => {
      const scratch = new Uint8Array(8_000_000);
      return scratch.slice(0, 1_000_000);
    },
    ({ length }) => length,
  );
  expect(arrays.told).toBe(1_000_000);
  expect(arrays.bytes / 1_000_000).toBeGreaterThan(0.9);
  expect(arrays.bytes / 1_000_000).toBeLessThan(1.5);
  const objects = await heldBytes(
    () => Array.from({ length: 100_000 }, (_, at) => ({ at })),
    ({ length }) => length,
  );
  // An object's header and one field, and its place in the array.
  expect(objects.bytes / 100_000).toBeGreaterThan(10);
  expect(objects.bytes / 100_000).toBeLessThan(60);
});
