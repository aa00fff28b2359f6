// The limits of a running node, as an operator sets them: read again on a signal or a command, all of them or none.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Changed } from '../../src/cli/node/change-running.ts';
import { PRICE_NOTICE_MS } from '../../src/gateway/accounting/price.ts';
import type { GatewaysReport, StatusReport } from '../../src/node/report.ts';
import { bitcraps, run, scratch, until, type Running } from './harness.ts';

const folder = scratch();
const running: Running[] = [];
afterAll(async () => {
  for (const node of running) node.process.kill('SIGKILL');
  await Promise.all(running.map(({ finished }) => finished));
  folder.remove();
});

const state = join(folder.path, 'node');
const config = join(folder.path, 'node.toml');

async function linksMax(): Promise<number | undefined> {
  const { status, stdout } = await run(state, 'status', '--json');
  return status === 0 ? (JSON.parse(stdout) as StatusReport).admission?.limits.linksMax : undefined;
}

test('limits change while a node runs, and stay as they were where one of them is wrong', async () => {
  writeFileSync(config, '[limits]\nlinks_max = 700\n');
  const flags = ['--listen', '127.0.0.1:0', '--proof-bits', '0', '--config', config];
  const node = bitcraps(state, 'node', ...flags);
  running.push(node);
  expect(await until('the node', linksMax)).toBe(700);

  writeFileSync(config, '[limits]\nlinks_max = 600\nhalf_open_max = 100\n');
  node.process.kill('SIGHUP');
  await until('600 links', async () => (await linksMax()) === 600 || undefined);

  writeFileSync(config, '[limits]\nlinks_max = 500\nhalf_open_max = 501\n');
  expect(await run(state, 'config', 'reload')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('GATEWAY_LIMIT_INVALID'),
  });
  writeFileSync(config, '[limits]\nlinks_max = 0\n');
  expect((await run(state, 'config', 'reload')).stderr).toContain('CLI_CONFIG_VALUE');
  expect(await linksMax()).toBe(600);

  writeFileSync(config, '[limits]\nlinks_max = 400\n');
  expect((await run(state, 'config', 'reload')).status).toBe(0);
  expect(await linksMax()).toBe(400);
});

test('bandwidth limits too, and a status tells what is in force', async () => {
  const state = join(folder.path, 'gateway');
  const config = join(folder.path, 'gateway.toml');
  const limit = async (): Promise<number | null | undefined> => {
    const { status, stdout } = await run(state, 'status', '--json');
    if (status !== 0) return undefined;
    return (JSON.parse(stdout) as StatusReport).bandwidth?.interfaces.internet.mbpsMax;
  };
  writeFileSync(config, '[bandwidth]\ninternet_mbps_max = 20\n');
  const flags = ['--listen', '127.0.0.1:0', '--gateway', '--gateway-listen', '127.0.0.1:0'];
  const node = bitcraps(state, 'node', ...flags, '--proof-bits', '0', '--config', config);
  running.push(node);
  expect(await until('the gateway', limit)).toBe(20);

  writeFileSync(config, '[bandwidth]\ninternet_mbps_max = -1\n');
  expect((await run(state, 'config', 'reload')).stderr).toContain('CLI_CONFIG_VALUE');
  expect(await limit()).toBe(20);

  writeFileSync(config, '[bandwidth]\ninternet_mbps_max = 0\nlocal_mbps_max = 100\n');
  expect((await run(state, 'config', 'reload')).status).toBe(0);
  expect(await limit()).toBeNull();
  expect((await run(state, 'status')).stdout).toContain('limit 100 Mbit/s');
});

test('a changed price is announced, once at a time, and in force no sooner than promised', async () => {
  const state = join(folder.path, 'priced');
  const config = join(folder.path, 'priced.toml');
  const price = async (): Promise<GatewaysReport['gateways'][number] | undefined> => {
    const { status, stdout } = await run(state, 'gateways', '--json');
    return status === 0 ? (JSON.parse(stdout) as GatewaysReport).gateways[0] : undefined;
  };
  writeFileSync(config, '[gateway]\nprice = "0.01"\n');
  const flags = ['--listen', '127.0.0.1:0', '--gateway', '--gateway-listen', '127.0.0.1:0'];
  const node = bitcraps(state, 'node', ...flags, '--proof-bits', '0', '--config', config);
  running.push(node);
  expect(await until('the gateway', price)).toMatchObject({ price: '0.01', why: 'this node' });

  writeFileSync(config, '[gateway]\nprice = "0.02"\n');
  const reloaded = await run(state, 'config', 'reload', '--json');
  const { nextPrice } = JSON.parse(reloaded.stdout) as Changed;
  expect(nextPrice?.price).toBe('0.02');
  expect(nextPrice?.inMs).toBeGreaterThan(0);
  expect(nextPrice?.inMs).toBeLessThanOrEqual(PRICE_NOTICE_MS);
  expect(await price()).toMatchObject({ price: '0.01', why: expect.stringContaining('0.02') });
  // The same once more is no other change.
  expect((await run(state, 'config', 'reload')).status).toBe(0);

  writeFileSync(config, '[gateway]\nprice = "0.03"\n[limits]\nlinks_max = 300\n');
  expect((await run(state, 'config', 'reload')).stderr).toContain('GATEWAY_PRICE_PENDING');
  const { stdout } = await run(state, 'status', '--json');
  expect((JSON.parse(stdout) as StatusReport).admission?.limits.linksMax).not.toBe(300);
});
