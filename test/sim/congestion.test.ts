// Congestion marks and what sources hear of their flows, in the mesh of production code.

import { describe, expect, test } from 'vitest';
import { randomBytes } from '../../src/crypto/random-bytes.ts';
import type { FlowFeedback } from '../../src/mesh/mesh.ts';
import { FrameType } from '../../src/wire/frame.ts';
import { MeshRig, TEST_PROTOCOL, type NodeOptions } from '../suites/mesh-rig.ts';

const NARROW = {
  latencyMs: 5,
  jitterMs: 0,
  loss: 0,
  duplication: 0,
  reordering: 0,
  bytesPerSecond: 100_000,
};

/** a – b – c – d with a narrow link in the middle, settled; what `a` hears of its flows. */
async function narrowLine(
  options: (name: string) => NodeOptions = () => ({}),
): Promise<{ readonly rig: MeshRig; readonly heard: FlowFeedback[] }> {
  const rig = new MeshRig();
  rig.line(['a', 'b', 'c', 'd'], options);
  rig.network.profile('b', 'c', NARROW);
  const heard: FlowFeedback[] = [];
  rig.node('a').mesh.onFeedback((feedback) => heard.push(feedback));
  await rig.run(2_000);
  rig.send('a', 'd', 'session');
  await rig.run(5_000);
  return { rig, heard };
}

/** Sends messages of 1 000 bytes from a to d at `bytesPerSecond`; how many were accepted. */
async function load(rig: MeshRig, bytesPerSecond: number, seconds: number): Promise<number> {
  const payload = randomBytes(rig.world.rng('payload'), 1_000);
  const { mesh } = rig.node('a');
  let accepted = 0;
  for (let i = 0; i < (seconds * bytesPerSecond) / 1_000; i += 1) {
    if (mesh.send(rig.node('d').mesh.self, TEST_PROTOCOL, payload).ok) accepted += 1;
    await rig.run(1_000_000 / bytesPerSecond);
  }
  return accepted;
}

function total(heard: readonly FlowFeedback[], key: 'delivered' | 'lost' | 'marked'): number {
  return heard.reduce((sum, feedback) => sum + feedback[key], 0);
}

describe('a link that is too narrow for what it is to carry', () => {
  test('marks packets, and their source hears of it', async () => {
    const { rig, heard } = await narrowLine();
    heard.length = 0;
    const accepted = await load(rig, 200_000, 3);
    await rig.run(10_000);
    expect(rig.node('d').inbox).toHaveLength(1 + accepted);
    expect(total(heard, 'delivered')).toBe(accepted);
    expect(total(heard, 'lost')).toBe(0);
    // The queue stands from the first tenth of a second on.
    expect(total(heard, 'marked')).toBeGreaterThan(0.8 * accepted);
    for (const { destination } of heard) expect(rig.nameOf(destination)).toBe('d');
    // At most five a second while data comes.
    expect(heard.length).toBeLessThan((5 + 1) * 8);
    const roundTrips = heard.map(({ roundTripMs }) => roundTripMs ?? 0);
    expect(Math.max(...roundTrips)).toBeGreaterThan(1_000);
    // What waits does so at the relay, where news overtakes it.
    const toC = rig
      .node('b')
      .mesh.neighbours()
      .find(({ peer }) => rig.nameOf(peer) === 'c');
    expect(toC?.metrics.bytesPerSecond).toBeGreaterThan(80_000);
    expect(toC?.metrics.bytesPerSecond).toBeLessThan(110_000);
    expect(toC?.suspect).toBe(false);
  });

  test('marks nothing while it keeps up', async () => {
    const { rig, heard } = await narrowLine();
    heard.length = 0;
    const accepted = await load(rig, 50_000, 3);
    await rig.run(5_000);
    expect(total(heard, 'delivered')).toBe(accepted);
    expect(total(heard, 'marked')).toBe(0);
    expect(total(heard, 'lost')).toBe(0);
    for (const { roundTripMs } of heard) expect(roundTripMs).toBeLessThan(60);
  });

  test('an idle node is told nothing and tells nothing', async () => {
    const { rig, heard } = await narrowLine();
    heard.length = 0;
    let packets = 0;
    rig.tap = (_, __, frame) => {
      if (frame[0] === FrameType.packet) packets += 1;
    };
    await rig.run(60_000);
    expect({ packets, heard }).toEqual({ packets: 0, heard: [] });
  });
});

describe('what is not delivered', () => {
  test('is told as lost after a while', async () => {
    const { rig, heard } = await narrowLine();
    heard.length = 0;
    rig.network.cut('c', 'd');
    for (let i = 0; i < 5; i += 1) rig.send('a', 'd', `${i}`);
    await rig.run(20_000);
    const [first, ...later] = heard;
    expect(first).toMatchObject({ delivered: 0, lost: 5, marked: 0, roundTripMs: null });
    // Whoever is silent is asked on all ways, each a flow of its own: nothing is told of the messages twice.
    expect(later.filter(({ flowId }) => flowId === first?.flowId)).toEqual([]);
    expect(later.every(({ delivered, lost }) => delivered === 0 && lost === 1)).toBe(true);
  });

  test('between nodes before revision 2 nobody reports', async () => {
    const { rig, heard } = await narrowLine((name) => (name === 'd' ? { speaks: '1.1.0' } : {}));
    heard.length = 0;
    const accepted = await load(rig, 50_000, 1);
    await rig.run(10_000);
    expect(rig.node('d').inbox).toHaveLength(1 + accepted);
    expect(heard).toEqual([]);
  });
});
