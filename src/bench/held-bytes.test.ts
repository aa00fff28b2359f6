import { expect, test } from 'vitest';
import { heldBytes } from './held-bytes.ts';

test('array buffers and objects count, and garbage does not', () => {
  const arrays = heldBytes(() => {
    const scratch = new Uint8Array(8_000_000);
    return scratch.slice(0, 1_000_000);
  });
  expect(arrays.structure).toHaveLength(1_000_000);
  expect(arrays.bytes / 1_000_000).toBeGreaterThan(0.9);
  expect(arrays.bytes / 1_000_000).toBeLessThan(1.5);
  const objects = heldBytes(() => Array.from({ length: 100_000 }, (_, at) => ({ at })));
  // An object's header and one field, and its place in the array.
  expect(objects.bytes / 100_000).toBeGreaterThan(10);
  expect(objects.bytes / 100_000).toBeLessThan(60);
  expect(objects.structure).toHaveLength(100_000);
});
