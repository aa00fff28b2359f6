// Policies on live nodes: what marks of relays and reports of destinations do to the ways that flows take.

import { expect, test } from 'vitest';
import { randomBytes } from '../../src/crypto/random-bytes.ts';
import type { PolicyName } from '../../src/routing/policies/route-policy.ts';
import { LAN_PROFILE } from '../../src/sim/path.ts';
import { MeshRig } from '../suites/mesh-rig.ts';

const FLOWS = 48;
const FIRST_PROTOCOL = 100;
const EVERY_MS = 400;
const BYTES = 1_000;
/** Two ways of this much each for 120 kB/s and headers. */
const NARROW = { ...LAN_PROFILE, bytesPerSecond: 100_000 };

/** Of ten seconds after half a minute: the share of messages that arrived, and how long all but one in twenty took. */
async function delivered(
  policy: PolicyName,
): Promise<{ share: number; delayMs: number; ways: Set<string> }> {
  const rig = new MeshRig(5);
  for (const name of ['s', 'a', 'b', 't']) rig.add(name, { policy });
  for (const [x, y] of [
    ['s', 'a'],
    ['a', 't'],
    ['s', 'b'],
    ['b', 't'],
  ] as const) {
    rig.network.profile(x, y, NARROW);
    rig.link(x, y);
  }
  await rig.run(3_000);
  const delaysMs: number[] = [];
  let sent = 0;
  let counts = false;
  const ways = new Set<string>();
  rig.tap = (from, to, frame) => {
    if (counts && from === 's' && frame.length > BYTES) ways.add(to);
  };
  // Random, or it would be compressed.
  const payload = randomBytes(rig.world.rng('payload'), BYTES);
  const { mesh, clock } = rig.node('s');
  const target = rig.node('t').mesh;
  for (let flow = 0; flow < FLOWS; flow += 1) {
    target.handle(FIRST_PROTOCOL + flow, ({ payload }) => {
      const sentAtMs = new DataView(payload.buffer, payload.byteOffset).getFloat64(0);
      if (counts) delaysMs.push(clock.now() - sentAtMs);
    });
    const send = (): void => {
      new DataView(payload.buffer).setFloat64(0, clock.now());
      mesh.send(target.self, FIRST_PROTOCOL + flow, payload);
      if (counts) sent += 1;
      clock.after(EVERY_MS, send);
    };
    clock.after((flow * EVERY_MS) / FLOWS, send);
  }
  await rig.run(30_000);
  counts = true;
  await rig.run(10_000);
  delaysMs.sort((a, b) => a - b);
  const delayMs = delaysMs[Math.floor(0.95 * delaysMs.length)] ?? Infinity;
  return { share: delaysMs.length / sent, delayMs, ways };
}

test('what is too much for one way arrives whole and in time where flows are balanced over two', async () => {
  const single = await delivered('dijkstra');
  const balanced = await delivered('load-balanced');
  expect(balanced.ways.size).toBe(2);
  expect(balanced.share).toBeGreaterThan(0.995);
  // Weights follow queues too, but all flows move at once and fill the other way.
  expect(single.delayMs).toBeGreaterThan(5 * balanced.delayMs);
});
