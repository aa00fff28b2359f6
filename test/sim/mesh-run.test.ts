// The simulator's own figures: complete, reproducible, adding up; and small meshes as they must behave.

import { describe, expect, test } from 'vitest';
import { unwrap } from '../../src/core/errors.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import type { HopTrace } from '../../src/sim/mesh-run/packet-watch.ts';
import type { MeshRunReport } from '../../src/sim/mesh-run/report.ts';
import type { MeshRunOptions } from '../../src/sim/mesh-run/run-options.ts';
import { amountOf } from '../../src/sim/mesh-run/run-options.ts';
import { runMesh } from '../../src/sim/mesh-run/run-mesh.ts';
import { RunContext } from '../../src/sim/mesh-run/run-context.ts';
import { runMoving } from '../../src/sim/mesh-run/run-moving.ts';
import { runSequence } from '../../src/sim/mesh-run/run-sequence.ts';
import { createSeededRng } from '../../src/sim/seeded-rng.ts';
import { parseGenerator } from '../../src/sim/topology/parse-generator.ts';
import type { Topology } from '../../src/sim/topology/topology.ts';

const OPTIONS: MeshRunOptions = {
  seed: 1,
  preset: 'lan',
  policy: 'dijkstra',
  pairsMax: 60,
  durationMs: 10_000,
  loss: 0,
  failLinks: null,
  failNodes: null,
  churnPerSecond: 0,
  pair: null,
  trace: null,
  progress: null,
};

function generated(spec: string, seed = 1): Topology {
  return unwrap(parseGenerator(spec, createSeededRng(primitives, seed, 'topology')));
}

function run(spec: string, options: Partial<MeshRunOptions> = {}): MeshRunReport {
  const all = { ...OPTIONS, ...options };
  return runMesh(generated(spec, all.seed), all, { primitives, compressor: zstd });
}

describe('small meshes', () => {
  test.each(['grid:4x4', 'line:12', 'ring:9', 'tree:15', 'regular:12x3'])(
    '%s converges, delivers everything on best ways, and loops nothing, in any order of events',
    (spec) => {
      for (let seed = 1; seed <= 4; seed += 1) {
        const report = run(spec, { seed });
        expect(report.convergenceMs, `seed ${seed}`).toBeLessThan(3_000);
        expect(report).toMatchObject({ delivery: 1, loops: 0, stretch: { mean: 1, p99: 1 } });
      }
    },
  );

  test('nothing is delivered where every transmission is lost', () => {
    const report = run('grid:3x3', { loss: 1 });
    expect(report).toMatchObject({ reachablePairs: 72, delivery: 0, convergenceMs: null });
  });

  test('losses delay, and lose nothing', () => {
    expect(run('grid:3x3', { loss: 0.05 })).toMatchObject({ delivery: 1, loops: 0 });
  });

  test('what failed is routed around, and what it cut off is not asked for', () => {
    const links = run('grid:5x5', { failLinks: { kind: 'share', share: 0.2 } });
    expect(links).toMatchObject({ delivery: 1, loops: 0 });
    expect(links.detail.failedLinks).toHaveLength(8);
    const nodes = run('line:9', { failNodes: { kind: 'count', count: 1 } });
    expect(nodes.delivery).toBe(1);
    expect(nodes.detail.failedNodes).toHaveLength(1);
    expect(nodes.reachablePairs).toBeLessThan(72);
  });

  test('a cut link is noticed within the failure timeout', () => {
    const { failover } = run('grid:4x4');
    for (const ms of [failover.detectMs, failover.idleDetectMs]) {
      expect(ms).toBeGreaterThan(0);
      expect(ms).toBeLessThanOrEqual(5_500);
    }
    expect(failover.packetsLost).not.toBeNull();
  });
});

describe('report', () => {
  test('its bytes are those that the network carried', () => {
    const topology = generated('grid:3x3');
    const context = new RunContext(topology, OPTIONS, { primitives, compressor: zstd });
    for (const link of topology.links) context.addLink(topology, link);
    context.coldStart();
    context.prober.sendAll([{ from: 0, to: 8 }], 0, 1_000);
    const { meter, network } = context.fleet;
    const carried = network.counters();
    expect(meter.frames).toMatchObject({
      sent: carried.framesSent,
      arrived: carried.framesDelivered,
      bytesArrived: carried.bytesDelivered,
    });
    const totals = Object.values(meter.totals());
    const payload = totals.reduce((sum, kind) => sum + kind.payload, 0);
    // All that was sent has arrived, each frame with its length before it.
    expect(payload).toBe(carried.bytesDelivered + 4 * carried.framesDelivered);
  });

  test('one seed, one run: the same figures and the same hash', () => {
    expect(run('grid:3x3')).toEqual(run('grid:3x3'));
    expect(run('grid:3x3', { seed: 2 }).hash).not.toBe(run('grid:3x3').hash);
  });

  test('says what it measured', () => {
    const report = run('grid:3x3');
    expect(report).toMatchObject({ nodes: 9, links: 12, reachablePairs: 72, pairs: 60 });
    expect(report.messages).toBe(60);
    expect(report.bytesPerNodePerSecond.coldStart).toBeGreaterThan(0);
    const { steady, loaded } = report.detail;
    expect(report.bytesPerNodePerSecond.steady).toBe(steady?.total);
    expect(steady?.kinds.packets.payload).toBe(0);
    expect(loaded?.kinds.packets.payload).toBeGreaterThan(0);
    // At least a ping and a pong of 13 bytes on each of 12 links each second, at most the same from both ends.
    const beat = (12 * 2 * (4 + 9)) / 9;
    expect(steady?.kinds.heartbeat.payload).toBeGreaterThan(0.9 * beat);
    expect(steady?.kinds.heartbeat.payload).toBeLessThan(2.1 * beat);
  });

  test('amounts are counts or shares of what there is', () => {
    expect(amountOf(null, 9)).toBe(0);
    expect(amountOf({ kind: 'count', count: 12 }, 9)).toBe(9);
    expect(amountOf({ kind: 'share', share: 0.25 }, 10)).toBe(3);
  });
});

describe('trace', () => {
  test('follows each packet hop by hop', () => {
    const hops: HopTrace[] = [];
    const report = run('line:6', { trace: (hop) => hops.push(hop) });
    expect(report.delivery).toBe(1);
    const byPacket = Map.groupBy(hops, ({ packet }) => packet);
    for (const crossed of byPacket.values()) {
      for (const [i, hop] of crossed.entries()) {
        expect(hop.from).toBe(i === 0 ? hop.source : crossed[i - 1]?.to);
        expect(hop.fate === 'delivered').toBe(hop.to === hop.destination);
        expect(hop.port).not.toBeNull();
        expect(hop.ttl).toBe((crossed[0]?.ttl ?? 0) - i);
      }
    }
    const delivered = hops.filter(({ type, fate }) => type === 1 && fate === 'delivered');
    expect(delivered.length).toBeGreaterThanOrEqual(report.messages);
  });
});

/** Four nodes with these links. */
function frame(pairs: readonly (readonly [number, number])[]): Topology {
  const line = generated('line:4');
  const links = pairs.flatMap(([a, b]) =>
    line.links.slice(0, 1).map((link) => ({ ...link, a, b })),
  );
  return { ...line, links };
}

describe('a network that changes', () => {
  const sequence = {
    frameSeconds: 10,
    settleSeconds: 5,
    frames: [
      frame([
        [0, 1],
        [1, 2],
        [2, 3],
      ]),
      frame([
        [0, 1],
        [0, 2],
        [2, 3],
      ]),
      frame([
        [1, 2],
        [0, 2],
      ]),
    ],
  };

  test('each frame is measured against what can be reached in it', () => {
    const report = runSequence(sequence, OPTIONS, { primitives, compressor: zstd });
    expect(report).toMatchObject({ delivery: 1, loops: 0, messages: 12 + 6 });
    expect(report.detail.frames?.map(({ reachablePairs }) => reachablePairs)).toEqual([12, 6]);
    expect(report.detail.steady?.kinds.handshake.payload).toBeGreaterThan(0);
  });

  test.each(['random', 'commuter'] as const)('nodes that move (%s) keep in touch', (motion) => {
    const options = { ...OPTIONS, pairsMax: 30, durationMs: 30_000 };
    const deps = { primitives, compressor: zstd };
    const report = runMoving(generated('geometric:20'), { class: motion, speed: 3 }, options, deps);
    expect(report.messages).toBe(30);
    expect(report.delivery).toBeGreaterThan(0.8);
    expect(report.loops).toBe(0);
    expect(
      runMoving(generated('geometric:20'), { class: motion, speed: 3 }, options, deps).hash,
    ).toBe(report.hash);
  });

  test('links and nodes that come and go are survived', () => {
    const report = run('grid:4x4', { churnPerSecond: 0.3, durationMs: 60_000, seed: 3 });
    expect(report.delivery).toBeGreaterThan(0.5);
    expect(report.loops).toBe(0);
  });
});
