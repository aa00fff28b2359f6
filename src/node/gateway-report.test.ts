import { describe, expect, test } from 'vitest';
import { CasinoRig } from '../../test/suites/casino-rig.ts';
import { testIdentity } from '../../test/suites/mesh-rig.ts';
import { PLAN } from '../cli/up/plan.ts';
import { gatewaysText } from '../cli/gateways.ts';
import { peerIdText } from '../core/peer-id.ts';
import { gatewaysReport } from './gateway-report.ts';
import type { GatewaysReport } from './report.ts';

const id = (name: string): string => peerIdText(testIdentity(name).publicKey);

async function playing(): Promise<CasinoRig> {
  const rig = new CasinoRig(PLAN, 1);
  await rig.startAll();
  await rig.until(() => rig.seen('a-table', 'round').length >= 2, 120_000);
  return rig;
}

function report(rig: CasinoRig, name: string, params: object = {}): GatewaysReport {
  return gatewaysReport(rig.node(name).node, { ...params });
}

describe('the report on gateways', () => {
  test('a player that bets in another mesh knows its gateway by measurement, and how it scores', async () => {
    const rig = await playing();
    const { chosen, fit, gateways, probes } = report(rig, 'b-carol');
    expect(chosen).toBe(id('b-gateway'));
    expect(fit).toBe(true);
    expect(probes).toBeGreaterThan(0);
    expect(gateways).toMatchObject([
      { gateway: id('b-gateway'), kind: 'member', state: 'chosen', destinations: 1, uptime: 1 },
    ]);
    const [gateway] = gateways;
    expect(gateway?.roundTripMs).toBeGreaterThan(0);
    expect(gateway?.successRate).toBe(1);
    expect(gateway?.price).toBeNull();
    expect(gateway?.why).toMatch(
      /^Balanced 0\.\d\d = reliability 0\.30 \+ latency 0\.\d\d \+ cost 0\.00/,
    );
  });

  test('a gateway sees itself, and those of other meshes', async () => {
    const rig = await playing();
    const { gateways } = report(rig, 'a-gateway');
    expect(gateways).toMatchObject([
      { gateway: id('a-gateway'), kind: 'self', state: 'self', uptime: 1 },
      { gateway: id('b-gateway'), kind: 'remote', state: 'other-mesh', mesh: 'b' },
    ]);
    expect(gateways[0]?.crossings?.packetsOut).toBeGreaterThan(0);
    // Over bridges offers come, too.
    await rig.until(() => report(rig, 'a-gateway').gateways[1]?.claimed !== null, 60_000);
  });

  test('with criteria of its own it tells what they would choose, and changes nothing', async () => {
    const rig = await playing();
    const before = report(rig, 'b-carol');
    const asked = report(rig, 'b-carol', { minUptime: 1, prefer: 'LowestCost' });
    expect(asked).toMatchObject({ chosen: id('b-gateway'), fit: true });
    expect(asked.criteria).toMatchObject({
      preference: 'LowestCost',
      maxPrice: null,
      minUptime: 1,
    });
    // It promised no price.
    expect(report(rig, 'b-carol', { maxPrice: '1' })).toMatchObject({ chosen: null, fit: false });
    expect(report(rig, 'b-carol').criteria).toEqual(before.criteria);
    expect(() => report(rig, 'b-carol', { prefer: 'Cheapest' })).toThrow('prefer');
    expect(() => report(rig, 'b-carol', { maxLoad: 2 })).toThrow('maxLoad');
    expect(() => report(rig, 'b-carol', { maxPrice: 3 })).toThrow('maxPrice');
  });

  test('for people it is a table with a reason in each row', async () => {
    const rig = await playing();
    const text = gatewaysText(report(rig, 'b-carol'));
    const [heading, row] = text.split('\n');
    expect(heading).toMatch(
      /^gateway +kind +mesh +state +hops +load +uptime +CRAP\/MiB +round trip +why$/,
    );
    expect(row).toMatch(/ member +b +chosen +\d +\d+\.\d % +100\.0 % +n\/a +\d+\.\d ms +Balanced /);
    expect(text).toContain('asked   Balanced, load at most 0.8, uptime at least 0.95, any price');
    const none = { ...report(rig, 'b-carol'), gateways: [] };
    expect(gatewaysText(none)).toBe('no gateway is known\n');
  });
});
