import { expect, test } from 'vitest';
import { drainNode } from './drain.ts';

/** A node that carries packets until it is told to drain, and `more` after that. */
function busyNode(
  more: number,
): { drained: boolean; packets: number } & Parameters<typeof drainNode>[0] {
  let left = more;
  return {
    drained: false,
    packets: 0,
    drain() {
      this.drained = true;
    },
    carried() {
      if (left > 0) {
        left -= 1;
        this.packets += 1;
      }
      return { packets: this.packets, waitingBytes: 0 };
    },
  };
}

test('ends when nothing comes any more', async () => {
  const node = busyNode(3);
  await drainNode(node, 60_000, new AbortController().signal);
  expect(node).toMatchObject({ drained: true, packets: 3 });
});

test('ends when its time is out though packets still come', async () => {
  const node = busyNode(Infinity);
  await drainNode(node, 500, new AbortController().signal);
  expect(node.drained).toBe(true);
});

test('ends at once when it is told to', async () => {
  const again = new AbortController();
  const node = busyNode(Infinity);
  const drained = drainNode(node, 600_000, again.signal);
  again.abort();
  await drained;
  expect(node.drained).toBe(true);
});
