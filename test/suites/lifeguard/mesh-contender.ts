// Ours in the Lifeguard paper's experiments: meshes of production code, with links to a few neighbours each in place of
// datagrams to everybody. A slow node blocks before each frame that it sends and after each that it has received.

import type { Link } from '../../../src/env/link.ts';
import { createMesh } from '../../../src/mesh/mesh.ts';
import { watchMembers } from '../../../src/mesh/membership.ts';
import { createDialing } from '../../../src/node/dialing.ts';
import { primitives } from '../../../src/platform/node/primitives.ts';
import { zstd } from '../../../src/platform/node/zstd.ts';
import { LocalHealth } from '../../../src/resilience/detector/local-health.ts';
import type { FailureTimings } from '../../../src/resilience/presets.ts';
import { RecordPool } from '../../../src/routing/record-pool.ts';
import { createSimNetwork } from '../../../src/sim/network.ts';
import type { World } from '../../../src/sim/world.ts';
import { CURRENT } from '../../../src/versioning/protocol-version.ts';
import { noMetrics, silentLogger, testIdentity } from '../mesh-rig.ts';
import type { Contender, Group, Verdict } from './experiment.ts';
import { SlowGate } from './slow-gate.ts';

const NETWORK_ID = 'lifeguard';

/** `degree` links for each node, even; the graph is a circle and lots. */
export function ourMesh(name: string, timings: FailureTimings, degree: number): Contender {
  return { name, start: (world, nodes, verdict) => start(world, nodes, verdict, timings, degree) };
}

function start(
  world: World,
  nodes: number,
  verdict: Verdict,
  timings: FailureTimings,
  degree: number,
): Group {
  const network = createSimNetwork(world);
  const numbers = new Map<string, number>();
  for (let node = 0; node < nodes; node += 1) {
    numbers.set(testIdentity(`m${node}`).publicKey.join(), node);
  }
  // Signatures are checked once for all: it saves the time that they take, and changes nothing else.
  const pool = new RecordPool(primitives, NETWORK_ID, 1);
  const edges = randomEdges(world, nodes, degree);
  const members = Array.from({ length: nodes }, (_, node) => {
    const identity = testIdentity(`m${node}`);
    const endpoint = network.endpoint(identity.publicKey, `m${node}`);
    const clock = world.clockFor(`m${node}`);
    const gate = new SlowGate();
    const rng = world.rng(`m${node}`);
    const health = new LocalHealth();
    const deps = { primitives, clock, rng, logger: silentLogger, metrics: noMetrics };
    const mesh = createMesh(
      {
        identity,
        networkId: NETWORK_ID,
        meshName: 'home',
        version: CURRENT,
        rulesHash: new Uint8Array(32),
        proof: new Uint8Array(8),
        proofBits: 0,
        gateway: false,
        ...timings,
      },
      { ...deps, compressor: zstd, bootEpoch: 1, pool, localHealth: health },
    );
    watchMembers({
      mesh,
      clock,
      rng: world.rng(`m${node} membership`),
      health,
      bootEpoch: 1,
      timings,
      tell: (event) => {
        const about = numbers.get(event.peer.join()) ?? -1;
        if (event.kind === 'confirmed') verdict(node, about, 'failed');
        if (event.kind === 'returned' && event.after === 'confirmed') verdict(node, about, 'alive');
      },
    });
    const use = (link: Link): void => mesh.addLink(gated(link, gate));
    void endpoint.listen(`m${node}`, use);
    const targets = (edges.get(node) ?? []).map((to) => ({
      address: `m${to}`,
      peer: testIdentity(`m${to}`).publicKey,
    }));
    const isConnected = (peer: Uint8Array): boolean =>
      mesh.neighbours().some((neighbour) => neighbour.peer.every((byte, i) => byte === peer[i]));
    clock.after(rng.unit() * 2_000, () => {
      createDialing(targets, { ...deps, dialer: endpoint.dialer, isConnected }, use);
    });
    return { gate, clock, endpoint };
  });
  return {
    setSlow(node, slow) {
      const member = members[node];
      if (member !== undefined) member.gate.isSlow = slow;
    },
    crash(node) {
      members[node]?.clock.kill();
      members[node]?.endpoint.powerOff();
    },
  };
}

/** By dialling node: whom it dials. */
function randomEdges(
  world: World,
  nodes: number,
  degree: number,
): ReadonlyMap<number, readonly number[]> {
  const rng = world.rng('edges');
  const edges = new Map<number, number[]>();
  const seen = new Set<string>();
  for (let round = 0; round < degree / 2; round += 1) {
    const circle = Array.from({ length: nodes }, (_, node) => ({ node, lot: rng.uint32() }))
      .sort((a, b) => a.lot - b.lot)
      .map(({ node }) => node);
    circle.forEach((from, i) => {
      const to = circle[(i + 1) % nodes] ?? 0;
      const key = from < to ? `${from} ${to}` : `${to} ${from}`;
      if (seen.has(key)) return;
      seen.add(key);
      edges.set(from, [...(edges.get(from) ?? []), to]);
    });
  }
  return edges;
}

function gated(link: Link, gate: SlowGate): Link {
  return {
    transport: link.transport,
    role: link.role,
    remoteKey: link.remoteKey,
    remoteAddress: link.remoteAddress,
    channelBinding: link.channelBinding,
    reliable: link.reliable,
    frameBytesMax: link.frameBytesMax,
    queueBytesMax: link.queueBytesMax,
    get bufferedBytes() {
      return link.bufferedBytes;
    },
    attach: (handlers) =>
      link.attach({
        frame: (bytes) => gate.pass(() => handlers.frame(bytes)),
        drain: () => gate.pass(() => handlers.drain()),
        close: (reason) => gate.pass(() => handlers.close(reason)),
      }),
    send(frame) {
      if (!gate.isSlow) return link.send(frame);
      const copy = frame.slice();
      gate.pass(() => void link.send(copy));
      return 'sent';
    },
    close: () => gate.pass(() => link.close()),
    destroy: (reason) => gate.pass(() => link.destroy(reason)),
  };
}
