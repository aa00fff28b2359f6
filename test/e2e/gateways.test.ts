// `bitcraps gateways` as its users run it: real nodes, two gateways of one mesh with a price each, a third of another mesh.

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GatewaysReport } from '../../src/node/report.ts';
import { bitcraps, json, run, scratch, until, type Running } from './harness.ts';

const folder = scratch();
const running: Running[] = [];
const state = (name: string): string => join(folder.path, name);

interface Started {
  readonly peerId: string;
  readonly listen: string;
  readonly gatewayListen: string | null;
}

async function node(name: string, ...flags: readonly string[]): Promise<Started> {
  const common = ['--proof-bits', '0', '--preset', 'local', '--listen', '127.0.0.1:0', '--json'];
  const started = bitcraps(folder.path, 'node', '--state', state(name), ...common, ...flags);
  running.push(started);
  processes.set(name, started);
  return until(`${name} to listen`, () => {
    const [line = ''] = started.stdout().split('\n');
    return line.endsWith('}') ? (JSON.parse(line) as Started) : undefined;
  });
}

const ids = new Map<string, string>();
const processes = new Map<string, Running>();

beforeAll(async () => {
  const gateway = ['--gateway', '--gateway-listen', '127.0.0.1:0'];
  const far = await node('far', ...gateway, '--mesh', 'far', '--validator');
  const bridge = ['--gateway-join', far.gatewayListen ?? ''];
  const near = [...gateway, ...bridge, '--mesh', 'near', '--gateway-capacity', '10MiB'];
  const cheap = await node('cheap', ...near, '--gateway-price', '0.001');
  const dear = await node('dear', ...near, '--gateway-price', '0.02');
  const joins = ['--join', cheap.listen, dear.listen];
  await node('player', '--mesh', 'near', ...joins, '--casino', far.peerId);
  for (const [name, { peerId }] of Object.entries({ far, cheap, dear })) ids.set(name, peerId);
}, 60_000);

afterAll(async () => {
  for (const { process: child } of running) child.kill('SIGTERM');
  await Promise.all(running.map(({ finished }) => finished));
  folder.remove();
});

async function report(...flags: readonly string[]): Promise<GatewaysReport> {
  return json(
    await run(folder.path, 'gateways', '--state', state('player'), '--json', ...flags),
  ) as GatewaysReport;
}

async function measured(): Promise<GatewaysReport> {
  return until('both gateways to be measured', async () => {
    const found = await report();
    const all = found.gateways.filter(
      ({ price, successRate }) => price !== null && successRate !== null,
    );
    return all.length === 2 && found.fit ? found : undefined;
  });
}

test('both gateways are listed with what they claim and what was measured, and one is chosen', async () => {
  const { gateways, chosen, fit } = await measured();
  expect(fit).toBe(true);
  expect([ids.get('cheap'), ids.get('dear')]).toContain(chosen);
  for (const one of gateways) {
    expect(one).toMatchObject({ kind: 'member', reachable: true, hops: 1, transports: ['tls'] });
    expect(one.claimed?.capacity).toBe(10 * 1024 * 1024);
    expect(one.roundTripMs === null || one.roundTripMs > 0).toBe(true);
  }
  const prices = new Map(gateways.map(({ gateway, price }) => [gateway, price]));
  expect(prices.get(ids.get('cheap') ?? '')).toBe('0.001');
  expect(prices.get(ids.get('dear') ?? '')).toBe('0.02');
});

test('criteria choose: by cost the cheap one, by price nobody but the cheap one, and with exit code 1 none', async () => {
  await measured();
  expect((await report('--prefer', 'lowest-cost')).chosen).toBe(ids.get('cheap'));
  const capped = await report('--max-price', '0.01');
  expect(capped.chosen).toBe(ids.get('cheap'));
  expect(capped.gateways.find(({ gateway }) => gateway === ids.get('dear'))).toMatchObject({
    state: 'never',
    obstacles: [{ filter: 'price', has: '20000', wants: 'at most 10000' }],
  });
  const none = await run(
    folder.path,
    'gateways',
    '--state',
    state('player'),
    '--max-price',
    '0.0001',
  );
  expect(none.status).toBe(1);
  expect(none.stdout).toMatch(/^chosen +none$/m);
});

test('for people a table tells why', async () => {
  await measured();
  const { status, stdout } = await run(folder.path, 'gateways', '--state', state('player'));
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /^gateway +kind +mesh +state +hops +load +uptime +CRAP\/MiB +round trip +why$/m,
  );
  expect(stdout).toMatch(/ chosen +1 .* Balanced 0\.\d\d = reliability /);
});

test.each([
  [['--prefer', 'nicest'], 'one of MostReliable'],
  [['--max-load', '80'], 'a number from 0 to 1'],
  [['--max-price', 'cheap'], 'an amount of CRAP'],
])('%j is refused', async (flags, words) => {
  const { status, stderr } = await run(
    folder.path,
    'gateways',
    '--state',
    state('player'),
    ...flags,
  );
  expect(status).toBe(2);
  expect(stderr).toContain('error CLI_USAGE');
  expect(stderr).toContain(words);
});

async function bet(): Promise<true | undefined> {
  const words = ['play', 'bet', 'field', '1', '--state', state('player')];
  return (await run(folder.path, ...words)).status === 0 ? true : undefined;
}

test('the gateway that carries a bet is killed: the next bets go through the other one', async () => {
  await measured();
  await until('a bet in the other mesh', bet);
  const carrying = async (): Promise<string | undefined> =>
    (await report()).gateways.find(({ destinations }) => destinations > 0)?.gateway;
  const carrier = await until('its gateway', carrying);
  const [dead, other] = carrier === ids.get('cheap') ? ['cheap', 'dear'] : ['dear', 'cheap'];
  processes.get(dead ?? '')?.process.kill('SIGKILL');
  await until('a bet through the other gateway', bet);
  expect(await carrying()).toBe(ids.get(other ?? ''));
  // Others know it still; that it is away is known here.
  const gone = (await report()).gateways.find(({ gateway }) => gateway === carrier);
  expect(gone === undefined || gone.state === 'never' || gone.state === 'last-resort').toBe(true);
});
