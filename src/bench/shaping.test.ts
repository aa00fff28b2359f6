import { expect, test } from 'vitest';
import { benchShaping } from './shaping.ts';

test('the shaping benchmark measures every case beside the plain queue', async () => {
  const { rows } = await benchShaping({ quick: true, seed: 1 });
  expect(rows.map(({ name }) => name)).toEqual(
    [1, 100, 10_000].flatMap((sources) => [
      `shaped-${sources}`,
      `limited-${sources}`,
      `passed-${sources}`,
    ]),
  );
  for (const { value, bound, interval } of rows) {
    expect(value).toBeGreaterThan(0);
    expect(bound?.value).toBeGreaterThan(0);
    expect(interval.low).toBeLessThanOrEqual(value);
    expect(interval.high).toBeGreaterThanOrEqual(value);
  }
});
