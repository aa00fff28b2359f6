import { afterEach, expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { serveMetrics, type MetricsServer } from './metrics-server.ts';

let server: MetricsServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

test('what was counted is read over HTTP, and nothing else is there', async () => {
  const metrics = createMetrics();
  metrics.counter({ name: 'bitcraps_test_total', help: 'Tests.' }).add(3);
  server = await serveMetrics('127.0.0.1:0', metrics);
  const read = await fetch(`http://${server.address}/metrics`);
  expect(read.headers.get('content-type')).toBe(metrics.contentType);
  expect(await read.text()).toContain('bitcraps_test_total 3');
  expect((await fetch(`http://${server.address}/`)).status).toBe(404);
  const written = await fetch(`http://${server.address}/metrics`, { method: 'POST', body: 'x' });
  expect(written.status).toBe(405);
});

test('an address that is taken is refused with a code', async () => {
  server = await serveMetrics('127.0.0.1:0', createMetrics());
  await expect(serveMetrics(server.address, createMetrics())).rejects.toMatchObject({
    code: 'LINK_ADDRESS_IN_USE',
  });
});
