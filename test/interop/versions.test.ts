// Nodes of different protocol versions play at one table.

import { expect, test } from 'vitest';
import type { PlannedNode } from '../../src/cli/up/plan.ts';
import { peerIdText } from '../../src/core/peer-id.ts';
import { CURRENT, formatVersion } from '../../src/versioning/protocol-version.ts';
import { CasinoRig } from '../suites/casino-rig.ts';
import { testIdentity } from '../suites/mesh-rig.ts';

const player = (name: string): PlannedNode => ({
  name,
  mesh: 'a',
  role: 'player',
  joins: ['relay'],
  bridges: [],
});
const plan: readonly PlannedNode[] = [
  { name: 'table', mesh: 'a', role: 'validator', joins: [], bridges: [] },
  { name: 'relay', mesh: 'a', role: 'relay', joins: ['table'], bridges: [] },
  player('oldest'),
  player('older'),
  player('newest'),
];
const speaks = { oldest: '1.0.0', older: '1.1.0' };

test('1.0, 1.1 and the current version play at one table, each link and session by what both ends have', async () => {
  const rig = new CasinoRig(plan, 1, speaks);
  await rig.startAll();
  await rig.until(() => rig.seen('table', 'round').length >= 3, 120_000);
  const bettors = new Set(rig.seen('table', 'bet').map(({ account }) => account));
  for (const name of ['oldest', 'older', 'newest']) {
    expect(bettors.has(peerIdText(testIdentity(name).publicKey)), name).toBe(true);
  }
  const link = (name: string): unknown => rig.seen(name, 'link-up')[0];
  expect(link('oldest')).toMatchObject({
    mode: 'limited',
    features: ['BasicMesh'],
    remoteVersion: formatVersion(CURRENT),
  });
  expect(link('older')).toMatchObject({ mode: 'limited', features: ['BasicMesh', 'GatewayNodes'] });
  expect(link('newest')).toMatchObject({ mode: 'full' });
  const session = (name: string): readonly string[] =>
    rig
      .node('table')
      .node.mesh.sessions()
      .find(({ peer }) => peerIdText(peer) === peerIdText(testIdentity(name).publicKey))
      ?.negotiation?.features ?? [];
  expect(session('oldest')).toEqual(['BasicMesh']);
  expect(session('newest')).toContain('CompressionV2');
});
