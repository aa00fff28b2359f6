import { expect, test } from 'vitest';
import { BLOCKED_PORTS } from './blocked-ports.ts';

test('this runtime refuses to call any of them, and calls others', async () => {
  for (const port of BLOCKED_PORTS) {
    const called = fetch(`http://127.0.0.1:${port}/`);
    await expect(called, String(port)).rejects.toMatchObject({ cause: { message: 'bad port' } });
  }
  for (const port of [80, 443, 8080, 8443]) expect(BLOCKED_PORTS.has(port)).toBe(false);
});
