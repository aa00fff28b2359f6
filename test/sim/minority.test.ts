// A player whom a partition keeps from the casino's validator: nothing that moves value leaves, at once and with a code, and
// nothing of it is placed later.

import { expect, test } from 'vitest';
import { crap } from '../../src/core/amount.ts';
import { unwrap } from '../../src/core/errors.ts';
import { peerIdText } from '../../src/core/peer-id.ts';
import { verifyTranscript } from '../../src/casino/verify-transcript.ts';
import type { PlannedNode } from '../../src/cli/up/plan.ts';
import { casinoReport, casinoState } from '../../src/node/casino-report.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { CasinoRig } from '../suites/casino-rig.ts';
import { testIdentity } from '../suites/mesh-rig.ts';

/** Ann is on the validator's side of the cut, Bob and the gateway are not. */
const PLAN: readonly PlannedNode[] = [
  { name: 'table', mesh: 'a', role: 'validator', joins: [], bridges: [] },
  { name: 'ann', mesh: 'a', role: 'player', joins: ['table'], bridges: [] },
  { name: 'relay', mesh: 'a', role: 'relay', joins: ['table', 'ann'], bridges: [] },
  { name: 'gateway', mesh: 'a', role: 'gateway', joins: ['relay'], bridges: [] },
  { name: 'bob', mesh: 'a', role: 'player', joins: ['relay'], bridges: [] },
];
const CUT = [
  ['table', 'relay'],
  ['ann', 'relay'],
] as const;
/** Of the preset `local`: within it a link that does not answer is noticed. */
const NOTICED_MS_MAX = 3_000;

/** Runs until it is so, looked at every tenth of a second. */
async function eventually(rig: CasinoRig, isSo: () => boolean, withinMs: number): Promise<void> {
  const untilMs = rig.world.clock.now() + withinMs;
  while (!isSo()) {
    if (rig.world.clock.now() >= untilMs) throw new Error(`not so within ${withinMs} ms`);
    await rig.world.run(rig.world.clock.now() + 100);
  }
}

function sideOf(rig: CasinoRig, name: string): string | undefined {
  return casinoReport(rig.node(name).node)?.quorum.side;
}

async function betOf(rig: CasinoRig, name: string): Promise<{ code: string; tookMs: number }> {
  const { casino } = rig.node(name).node;
  const table = casinoState(rig.node(name).node)?.tables[0];
  if (casino.kind !== 'player' || table === undefined) throw new Error(`${name} plays`);
  const atMs = rig.world.clock.now();
  let code: string | null = null;
  const value = { table: table.id, roll: table.roll, kind: 'field', stake: crap(7) };
  void casino.client.submit({ case: 'placeBet', value }).then((result) => {
    code = result.ok ? 'placed' : result.error.code;
  });
  await rig.until(() => code !== null, 30_000);
  return { code: code ?? '', tookMs: rig.world.clock.now() - atMs };
}

test.each([1, 2])(
  'bets of the minority side are refused and never placed (seed %i)',
  async (seed) => {
    const rig = new CasinoRig(PLAN, seed);
    await rig.startAll();
    await rig.until(() => rig.seen('table', 'round').length >= 1, 120_000);
    expect(casinoReport(rig.node('bob').node)?.quorum).toMatchObject({ side: 'majority' });
    for (const [a, b] of CUT) rig.network.cut(a, b);
    await rig.world.run(rig.world.clock.now() + NOTICED_MS_MAX);
    // What the bot had sent before anybody could know is answered, or given up, by then.
    await rig.world.run(rig.world.clock.now() + 6_000);
    expect(casinoReport(rig.node('bob').node)?.quorum).toEqual({
      validators: 1,
      reached: 0,
      quorum: 1,
      side: 'minority',
    });
    const bob = peerIdText(testIdentity('bob').publicKey);
    const betsOfBob = (): number =>
      rig.seen('table', 'bet').filter(({ account }) => account === bob).length;
    const before = betsOfBob();
    for (let i = 0; i < 20; i += 1) {
      const { code, tookMs } = await betOf(rig, 'bob');
      expect(code).toBe('NODE_MINORITY_SIDE');
      expect(tookMs).toBe(0);
      await rig.world.run(rig.world.clock.now() + 100);
    }
    // The majority side plays on.
    const rounds = rig.seen('table', 'round').length;
    await rig.until(() => rig.seen('table', 'round').length > rounds, 120_000);
    expect(casinoReport(rig.node('ann').node)?.quorum).toMatchObject({ side: 'majority' });
    const { casino } = rig.node('bob').node;
    if (casino.kind === 'player') casino.bot?.stop();
    for (const [a, b] of CUT) rig.network.heal(a, b);
    await eventually(rig, () => sideOf(rig, 'bob') === 'majority', 60_000);
    await rig.world.run(rig.world.clock.now() + 20_000);
    expect(betsOfBob()).toBe(before);
    expect((await betOf(rig, 'bob')).code).toMatch(/^(placed|CASINO_.*)$/);
    const { casino: validator } = rig.node('table').node;
    if (validator.kind !== 'validator') throw new Error('the table runs the casino');
    const report = unwrap(verifyTranscript(primitives, validator.local.transcript()));
    expect(report.supply.sum).toBe(report.supply.cap);
  },
);

test('where both sides have a gateway, the cut-off side plays on across them', async () => {
  const rig = new CasinoRig(
    [
      { name: 'table', mesh: 'a', role: 'validator', joins: [], bridges: [] },
      { name: 'ann', mesh: 'a', role: 'player', joins: ['table'], bridges: [] },
      { name: 'near', mesh: 'a', role: 'gateway', joins: ['table'], bridges: [] },
      { name: 'far', mesh: 'a', role: 'gateway', joins: [], bridges: ['near'] },
      { name: 'relay', mesh: 'a', role: 'relay', joins: ['table', 'far'], bridges: [] },
      { name: 'bob', mesh: 'a', role: 'player', joins: ['relay'], bridges: [] },
    ],
    1,
  );
  await rig.startAll();
  await rig.until(() => rig.seen('table', 'round').length >= 1, 120_000);
  rig.network.cut('table', 'relay');
  await rig.until(() => rig.seen('bob', 'partition-began').length > 0, NOTICED_MS_MAX);
  await eventually(rig, () => sideOf(rig, 'bob') === 'majority', 10_000);
  expect(rig.node('bob').node.mesh.route(testIdentity('table').publicKey)).toMatchObject({
    via: 'gateway',
  });
  const before = rig.seen('table', 'bet').length;
  const bob = peerIdText(testIdentity('bob').publicKey);
  const betsOfBob = (): number =>
    rig
      .seen('table', 'bet')
      .slice(before)
      .filter(({ account }) => account === bob).length;
  await eventually(rig, () => betsOfBob() > 0, 30_000);
});
