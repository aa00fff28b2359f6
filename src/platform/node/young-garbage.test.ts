import { PerformanceObserver, constants } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { madeOutside } from './young-garbage.ts';

test('young garbage is collected once 8 MiB were made', async () => {
  const kinds: unknown[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as typeof entry & { readonly detail: { readonly kind: number } };
      kinds.push(detail.kind);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  for (let i = 0; i < 64; i += 1) madeOutside(1024 * 1024);
  // Entries come in a turn of their own.
  for (let turns = 0; turns < 1_000 && kinds.length < 8; turns += 1) await turn();
  observer.disconnect();
  const minor = kinds.filter((kind) => kind === constants.NODE_PERFORMANCE_GC_MINOR);
  expect(minor.length).toBeGreaterThanOrEqual(8);
});
