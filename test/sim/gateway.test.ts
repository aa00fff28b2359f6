// Two meshes joined by gateways, production code in virtual time: what crosses, what is refused, what a hostile
// gateway achieves.

import { describe, expect, test } from 'vitest';
import { createGateway, type Gateway } from '../../src/gateway/gateway.ts';
import { CREDIT } from '../../src/gateway/accounting/credit.ts';
import type { LedgerLimits } from '../../src/gateway/accounting/limits.ts';
import { encodePresence } from '../../src/gateway/federation/presence.ts';
import { openNeighbour, type Neighbour } from '../../src/mesh/neighbour.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { LocalHealth } from '../../src/resilience/detector/local-health.ts';
import { PhiDetectors } from '../../src/resilience/detector/phi-accrual.ts';
import { presets } from '../../src/resilience/presets.ts';
import type { Link } from '../../src/env/link.ts';
import { helloFor } from '../../src/versioning/hello.ts';
import { CURRENT } from '../../src/versioning/protocol-version.ts';
import { unwrap } from '../../src/core/errors.ts';
import { FrameType } from '../../src/wire/frame.ts';
import { decodePacketHeader, encodePacket, PacketType } from '../../src/wire/packet.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import {
  MeshRig,
  noMetrics,
  silentLogger,
  TEST_PROTOCOL,
  testIdentity,
} from '../suites/mesh-rig.ts';
import { claimingMesh } from '../suites/federation-rig.ts';

const encoder = new TextEncoder();

/** west: w — gw; east: gx — x; the gateways joined by one bridge. */
class TwoMeshes {
  readonly rig: MeshRig;
  readonly gateways = new Map<string, Gateway>();

  readonly #accounting: Partial<LedgerLimits>;

  constructor(seed = 1, accounting: Partial<LedgerLimits> = {}) {
    this.#accounting = accounting;
    this.rig = new MeshRig(seed);
    for (const [name, mesh] of [
      ['w', 'west'],
      ['gw', 'west'],
      ['gx', 'east'],
      ['x', 'east'],
    ] as const) {
      if (name.startsWith('g')) this.add(name, mesh);
      else this.rig.add(name, { meshName: mesh });
    }
    this.rig.link('w', 'gw');
    this.rig.link('gx', 'x');
  }

  /** A gateway; with `claims` it announces those as members of its mesh. */
  add(name: string, meshName: string, claims: readonly string[] = []): void {
    const { mesh: own, clock } = this.rig.add(name, { meshName, gateway: true });
    const mesh = claimingMesh(own, claims);
    const gateway = createGateway(
      {
        identity: testIdentity(name),
        networkId: 'test',
        meshName,
        version: CURRENT,
        rulesHash: new Uint8Array(32),
        proof: new Uint8Array(8),
        proofBits: 0,
        ...presets.lan,
      },
      {
        primitives,
        clock,
        rng: this.rig.world.rng(`${name}-gateway`),
        logger: silentLogger,
        metrics: noMetrics,
        compressor: zstd,
        mesh,
        bootEpoch: 1,
        accounting: this.#accounting,
      },
    );
    this.gateways.set(name, gateway);
  }

  gateway(name: string): Gateway {
    const gateway = this.gateways.get(name);
    if (gateway === undefined) throw new Error(`no gateway ${name}`);
    return gateway;
  }

  bridge(): void {
    const [dialer, listener] = this.rig.network.pair('gw', 'gx');
    this.gateway('gw').addLink(dialer);
    this.gateway('gx').addLink(listener);
  }

  id(name: string): Uint8Array {
    return testIdentity(name).publicKey;
  }

  send(from: string, to: string, text: string): unknown {
    return this.rig.node(from).mesh.send(this.id(to), TEST_PROTOCOL, encoder.encode(text));
  }

  until(what: () => boolean): Promise<void> {
    return this.rig.world.runUntil(what, this.rig.world.clock.now() + 60_000);
  }

  run(ms: number): Promise<void> {
    return this.rig.world.run(this.rig.world.clock.now() + ms);
  }
}

async function joined(seed = 1, accounting: Partial<LedgerLimits> = {}): Promise<TwoMeshes> {
  const meshes = new TwoMeshes(seed, accounting);
  meshes.bridge();
  await meshes.until(
    () =>
      meshes.gateway('gw').reaches(meshes.id('x')) && meshes.gateway('gx').reaches(meshes.id('w')),
  );
  await meshes.until(() => meshes.rig.node('w').mesh.route(meshes.id('x')) !== null);
  return meshes;
}

describe('crossing', () => {
  test('a message goes over three hops to the other mesh, is counted by peer and direction, and is answered', async () => {
    const meshes = await joined();
    meshes.send('w', 'x', 'hello');
    await meshes.until(() => meshes.rig.node('x').inbox.length === 1);
    meshes.send('x', 'w', 'hello back');
    await meshes.until(() => meshes.rig.node('w').inbox.length === 1);
    expect(meshes.rig.node('x').inbox).toEqual([{ from: 'w', text: 'hello' }]);
    const [west, east] = [meshes.gateway('gw').crossings(), meshes.gateway('gx').crossings()];
    expect(west.packetsOut).toBe(east.packetsIn);
    expect(west.packetsIn).toBe(east.packetsOut);
    expect(west.packetsOut).toBeGreaterThan(0);
    expect(
      meshes
        .gateway('gw')
        .crossingsByPeer()
        .map(({ crossings }) => crossings),
    ).toEqual([west]);
    expect(meshes.gateway('gw').bridges()).toMatchObject([
      { suspect: false, meshName: 'east', peers: 2 },
    ]);
  });

  test('a message for a gateway of another mesh arrives, from a member and from a gateway', async () => {
    const meshes = await joined();
    for (const from of ['w', 'gw']) meshes.send(from, 'gx', `from ${from}`);
    const { inbox } = meshes.rig.node('gx');
    await meshes.until(() => inbox.length === 2);
    expect(inbox).toContainEqual({ from: 'w', text: 'from w' });
    expect(inbox).toContainEqual({ from: 'gw', text: 'from gw' });
    meshes.send('gx', 'gw', 'and back');
    await meshes.until(() => meshes.rig.node('gw').inbox.length === 1);
  });

  test('each crossing costs a hop, and a packet without hops left stays here', async () => {
    const meshes = await joined();
    const packet = (ttl: number): Uint8Array =>
      encodePacket(
        {
          type: PacketType.data,
          flags: 0,
          ttl,
          flowId: 1,
          packetId: BigInt(ttl),
          source: meshes.id('w'),
          destination: meshes.id('x'),
          route: new Uint8Array(0),
          cursor: 0,
        },
        new Uint8Array(10),
      );
    const kept = packet(5);
    expect(meshes.gateway('gw').forward(kept)).toMatchObject({ ok: true });
    expect(unwrap(decodePacketHeader(kept)).ttl).toBe(4);
    expect(meshes.gateway('gw').forward(packet(0))).toMatchObject({
      ok: false,
      error: { code: 'GATEWAY_HOPS_EXHAUSTED' },
    });
  });

  test('a peer that nobody announced: the source is told why', async () => {
    const meshes = await joined();
    meshes.send('w', 'nobody', 'hello');
    await meshes.until(() => meshes.rig.node('w').unreachable.length > 0);
    expect(meshes.rig.node('w').unreachable[0]?.code).toBe('GATEWAY_PEER_UNKNOWN');
    expect(meshes.gateway('gw').drops()).toHaveProperty('GATEWAY_PEER_UNKNOWN');
  });

  test('a member that has just gone from the other mesh: the source is told by the far gateway', async () => {
    const meshes = await joined();
    meshes.rig.node('x').endpoint.kill();
    // Sent before the far gateway's next look at its members.
    await meshes.until(() => meshes.rig.node('gx').mesh.route(meshes.id('x')) === null);
    meshes.send('w', 'x', 'too late');
    await meshes.until(() => meshes.rig.node('w').unreachable.length > 0);
    expect(meshes.rig.node('w').unreachable[0]?.code).toBe('MESH_NO_ROUTE');
  });

  test('when the bridge ends its peers are forgotten at once, and known again when it is back', async () => {
    const meshes = await joined();
    meshes.rig.node('gx').endpoint.kill();
    await meshes.until(() => !meshes.gateway('gw').reaches(meshes.id('x')));
    expect(meshes.gateway('gw').gatewayFor(meshes.id('x'))).toBeNull();
  });

  test('a full queue refuses packets with a code and loses nothing of what it took', async () => {
    const credit = { ...CREDIT, bytesMin: CREDIT.bytesMax };
    const meshes = await joined(1, { credit });
    meshes.rig.network.profile('gw', 'gx', {
      latencyMs: 5,
      jitterMs: 0,
      loss: 0,
      duplication: 0,
      reordering: 0,
      bytesPerSecond: 20_000,
    });
    meshes.send('w', 'x', 'first');
    await meshes.until(() => meshes.rig.node('x').inbox.length === 1);
    let random = 7;
    const noisy = (): string => {
      // Incompressible, so that zstd does not shrink it away.
      const bytes = Uint8Array.from({ length: 40_000 }, () => {
        random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
        return 33 + ((random >>> 16) % 90);
      });
      return new TextDecoder().decode(bytes);
    };
    for (let burst = 0; burst < 5; burst += 1) {
      for (let sent = 0; sent < 80; sent += 1) meshes.send('w', 'x', noisy());
      await meshes.run(1_000);
    }
    expect(meshes.gateway('gw').drops()['GATEWAY_QUEUE_FULL']).toBeGreaterThan(0);
    const [bridge] = meshes.gateway('gw').bridges();
    expect(bridge?.pendingBytes).toBeLessThan(16 * 1024 * 1024);
  });
});

/** A peer that speaks the handshake as a gateway and then whatever it likes. */
function impostor(
  meshes: TwoMeshes,
  speaks = CURRENT,
): { readonly neighbour: Neighbour; readonly closed: { code: string | null }[] } {
  const identity = testIdentity('impostor');
  meshes.rig.network.endpoint(identity.publicKey, 'impostor');
  const [own, theirs]: readonly [Link, Link] = meshes.rig.network.pair('impostor', 'gw');
  const closed: { code: string | null }[] = [];
  meshes.gateway('gw').addLink(theirs);
  const neighbour = openNeighbour(own, {
    primitives,
    identity,
    clock: meshes.rig.world.clock,
    logger: silentLogger,
    hello: helloFor(
      speaks,
      {
        networkId: 'test',
        rulesHash: new Uint8Array(32),
        purpose: 'bridge',
        meshName: 'nowhere',
        gateway: true,
        frameBytesMax: own.frameBytesMax,
        proof: new Uint8Array(8),
      },
      meshes.rig.world.rng('impostor'),
    ),
    proofBits: 0,
    ...presets.lan,
    detectors: new PhiDetectors({ ...presets.lan, phiThreshold: 8 }),
    localHealth: new LocalHealth(),
    handlers: {
      established: () => undefined,
      frame: () => undefined,
      closed: (reason) => closed.push(reason),
    },
  });
  return { neighbour, closed };
}

describe('a hostile gateway', () => {
  test('that forges presence is cut off after a few tries, and nobody is reached through it', async () => {
    const meshes = await joined();
    const { neighbour, closed } = impostor(meshes);
    await meshes.until(() => neighbour.state === 'established');
    const { publicKey } = testIdentity('gx');
    const forged = encodePresence(primitives, { ...testIdentity('impostor'), publicKey }, 'test', {
      meshName: 'east',
      sequence: 2n ** 60n,
      peers: [testIdentity('victim').publicKey],
      validMs: 100_000,
    });
    for (let count = 0; count < 3; count += 1) neighbour.send(FrameType.presence, forged);
    await meshes.until(() => closed.length > 0);
    expect(meshes.gateway('gw').reaches(meshes.id('victim'))).toBe(false);
    expect(meshes.gateway('gw').reaches(meshes.id('x'))).toBe(true);
  });

  test('that sends link state or garbage for packets is cut off, and the honest bridge goes on', async () => {
    const meshes = await joined();
    const { neighbour, closed } = impostor(meshes);
    await meshes.until(() => neighbour.state === 'established');
    neighbour.send(FrameType.linkState, Uint8Array.of(1, 2, 3));
    neighbour.send(FrameType.packet, Uint8Array.of(9, 9, 9));
    neighbour.send(FrameType.presence, Uint8Array.of(0xff));
    await meshes.until(() => closed.length > 0);
    meshes.send('w', 'x', 'still here');
    await meshes.until(() => meshes.rig.node('x').inbox.length === 1);
  });
});

describe('a gateway that comes by itself', () => {
  test('does not draw away the peers of one that was dialled', async () => {
    const meshes = await joined();
    meshes.add('impostor', 'nowhere', ['x', 'victim']);
    const [own, theirs] = meshes.rig.network.pair('impostor', 'gw');
    meshes.gateway('impostor').addLink(own);
    meshes.gateway('gw').addLink(theirs);
    await meshes.until(() => meshes.gateway('gw').reaches(meshes.id('victim')));
    expect(meshes.gateway('gw').gatewayFor(meshes.id('x'))).toEqual(meshes.id('gx'));
    meshes.send('w', 'x', 'to the right one');
    await meshes.until(() => meshes.rig.node('x').inbox.length === 1);
  });

  test('cannot fill the places of others with handshakes that never end', async () => {
    const meshes = new TwoMeshes();
    for (let count = 0; count < 70; count += 1) {
      const name = `silent${count}`;
      meshes.rig.network.endpoint(testIdentity(name).publicKey, name);
      const [own, theirs] = meshes.rig.network.pair(name, 'gw');
      own.attach({ frame: () => undefined, drain: () => undefined, close: () => undefined });
      meshes.gateway('gw').addLink(theirs);
    }
    meshes.bridge();
    await meshes.rig.world.runUntil(() => meshes.gateway('gw').reaches(meshes.id('x')), 5_000);
  });
});

test('a gateway whose old link died without a word is taken back within seconds', async () => {
  const meshes = await joined();
  meshes.rig.network.cut('gw', 'gx');
  await meshes.run(500);
  meshes.rig.network.heal('gw', 'gx');
  // The old link still counts as established here when the peer connects again.
  const connect = (): void => {
    const [dialer, listener] = meshes.rig.network.pair('gx', 'gw');
    meshes.gateway('gx').addLink(dialer);
    meshes.gateway('gw').addLink(listener);
  };
  connect();
  await meshes.run(3_000);
  expect(meshes.gateway('gw').bridges()).toHaveLength(1);
  meshes.send('w', 'x', 'again');
  await meshes.until(() => meshes.rig.node('x').inbox.length === 1);
});

test('a node before 1.1 has no gateways: a destination beyond is refused with the reason', async () => {
  const rig = new MeshRig(1);
  rig.add('old', { speaks: '1.0.0' });
  rig.add('gate', { gateway: true });
  rig.link('old', 'gate');
  const beyond = testIdentity('beyond').publicKey;
  await rig.world.runUntil(() => rig.node('old').mesh.members().length === 2, 60_000);
  await rig.world.run(rig.world.clock.now() + 2_000);
  const sent = rig.node('old').mesh.send(beyond, TEST_PROTOCOL, encoder.encode('x'));
  expect(sent).toMatchObject({ ok: false, error: { code: 'MESH_FEATURE_LACKING' } });
});
