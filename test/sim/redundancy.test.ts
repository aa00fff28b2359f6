// A relay fails under application traffic while other ways are there: what the application notices of it.

import { describe, expect, test } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { unwrap } from '../../src/core/errors.ts';
import { createDelivery, type Delivery } from '../../src/mesh/delivery/delivery.ts';
import { createCasinoRequests } from '../../src/node/casino-requests.ts';
import { CASINO_PROTOCOL, decodeRequest, encodeReply } from '../../src/node/casino-service.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { crashRelay } from '../../src/sim/redundancy/relay-crash.ts';
import { FrameType } from '../../src/wire/frame.ts';
import { decodePacketHeader } from '../../src/wire/packet.ts';
import { MeshRig, type LinkFate } from '../suites/mesh-rig.ts';

const DELIVERY_PROTOCOL = 9;
const ANSWER = { kind: 'genesis', genesis: new Uint8Array(8) } as const;

/** Three ways from s to t: by a, by b1 and b2, by c1 and c2 and c3. */
function threeWays(): { readonly rig: MeshRig; readonly fates: ReadonlyMap<string, LinkFate> } {
  const rig = new MeshRig();
  const fates = new Map<string, LinkFate>();
  for (const name of ['s', 't', 'a', 'b1', 'b2', 'c1', 'c2', 'c3']) rig.add(name);
  for (const way of [['a'], ['b1', 'b2'], ['c1', 'c2', 'c3']]) {
    const line = ['s', ...way, 't'];
    line.slice(1).forEach((to, i) => fates.set(`${line[i]} ${to}`, rig.link(line[i] ?? '', to)));
  }
  return { rig, fates };
}

/** What a relay does that acknowledges packets and forwards none, or few, of those from s. */
function swallowing(fate: LinkFate | undefined, relay: string, share: () => boolean): void {
  if (fate === undefined) throw new Error('no such link');
  fate.swallows = (from, frame) => from === relay && frame[0] === FrameType.packet && share();
}

async function stream(rig: MeshRig, prefix: string, count: number): Promise<string[]> {
  const texts: string[] = [];
  for (let i = 0; i < count; i += 1) {
    texts.push(`${prefix} ${i}`);
    rig.send('s', 't', `${prefix} ${i}`);
    await rig.run(20);
  }
  return texts;
}

function inboxOf(rig: MeshRig, prefix: string): string[] {
  const texts = rig.node('t').inbox.map(({ text }) => text);
  return texts.filter((text) => text.startsWith(`${prefix} `));
}

describe('a relay of three disjoint ways that crashes under traffic of both ends', () => {
  const seeds = Array.from({ length: 12 }, (_, i) => i + 1);
  test.each(seeds)('seed %d', (seed) => {
    const crash = crashRelay(seed, { primitives, compressor: zstd });
    expect(crash).toMatchObject({ lost: 0, duplicated: 0, outOfOrder: 0 });
    expect(crash.messages).toBeGreaterThan(50);
    expect(crash.stallAfterDetectionMs).toBeLessThanOrEqual(crash.roundTripMs);
    // The hop before finds a dead link that carries packets within a second; ends need not wait for it.
    expect(crash.detectMs).toBeLessThan(1_000);
    expect(crash.stallMs).toBeLessThan(1_000);
  });
});

describe('a relay that takes packets and forwards none', () => {
  test('is left by its source, although no link is suspect', async () => {
    const { rig, fates } = threeWays();
    await rig.run(3_000);
    await stream(rig, 'before', 200);
    swallowing(fates.get('a t'), 'a', () => true);
    const sent = await stream(rig, 'into', 300);
    const sentLater = await stream(rig, 'later', 300);
    await rig.run(2_000);
    const { mesh } = rig.node('s');
    expect(mesh.neighbours().some(({ suspect }) => suspect)).toBe(false);
    expect(mesh.redundancy().left.silent).toBe(1);
    // A quiet report and a round trip, and the 20 ms between two packets.
    expect(sent.length - inboxOf(rig, 'into').length).toBeLessThan((1_000 + 350 + 100) / 20);
    expect(inboxOf(rig, 'later')).toEqual(sentLater);
    // It is probed and not believed.
    expect(mesh.redundancy().backupRoutes).toBe(1);
    if (fates.get('a t') !== undefined) fates.get('a t')!.swallows = null;
    await stream(rig, 'last', 600);
    expect(mesh.redundancy().backupRoutes).toBe(2);
    expect(inboxOf(rig, 'last')).toHaveLength(600);
  });

  test('costs reliable messages the time until the next repeat, and none of them', async () => {
    const { rig, fates } = threeWays();
    const got: string[] = [];
    const open = (name: string): Delivery =>
      createDelivery({
        mesh: rig.node(name).mesh,
        clock: rig.node(name).clock,
        bootEpoch: 1,
        protocol: DELIVERY_PROTOCOL,
        receive: (_, payload) => void got.push(new TextDecoder().decode(payload)),
      });
    open('t');
    const here = open('s');
    await rig.run(3_000);
    const sent: string[] = [];
    let longestMs = 0;
    let lastMs = rig.world.clock.now();
    for (let i = 0; i < 400; i += 1) {
      if (i === 100) swallowing(fates.get('a t'), 'a', () => true);
      const before = got.length;
      if (here.send(rig.node('t').mesh.self, utf8(`${i}`)).ok) sent.push(`${i}`);
      await rig.run(20);
      if (got.length === before) continue;
      longestMs = Math.max(longestMs, rig.world.clock.now() - lastMs);
      lastMs = rig.world.clock.now();
    }
    await rig.run(5_000);
    expect(got).toEqual(sent);
    expect(longestMs).toBeLessThan(400);
  });

  test('is gone round by what comes back, too, of one who only answers', async () => {
    const { rig, fates } = threeWays();
    const [s, t] = [rig.node('s'), rig.node('t')];
    const acknowledged: number[] = [];
    let got = 0;
    const own = { bootEpoch: 1, protocol: DELIVERY_PROTOCOL };
    const here = createDelivery({
      ...own,
      mesh: s.mesh,
      clock: s.clock,
      receive: () => {},
      delivered: () => acknowledged.push(rig.world.clock.now()),
    });
    createDelivery({ ...own, mesh: t.mesh, clock: t.clock, receive: () => void (got += 1) });
    await rig.run(3_000);
    let sent = 0;
    for (let i = 0; i < 200; i += 1) {
      if (i === 100) {
        for (const link of ['s a', 'a t']) swallowing(fates.get(link), 'a', () => true);
      }
      if (here.send(t.mesh.self, utf8(`${i}`)).ok) sent += 1;
      await rig.run(20);
    }
    await rig.run(2_000);
    expect([got, acknowledged.length]).toEqual([sent, sent]);
    // One silence, and the answers went the same way as the questions.
    expect(s.mesh.redundancy().left).toMatchObject({ silent: 1, told: 0 });
    expect(t.mesh.redundancy().left).toMatchObject({ silent: 0, told: 1 });
    const gaps = acknowledged.slice(1).map((atMs, i) => atMs - (acknowledged[i] ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(400);
  });

  test('costs a request to the casino the time until its repeat', async () => {
    const { rig, fates } = threeWays();
    const [s, t] = [rig.node('s'), rig.node('t')];
    let asked = 0;
    t.mesh.handle(CASINO_PROTOCOL, ({ source, payload }) => {
      asked += 1;
      const { id } = unwrap(decodeRequest(payload));
      t.mesh.send(source, CASINO_PROTOCOL, encodeReply({ id, answer: ANSWER }));
    });
    const requests = createCasinoRequests({
      mesh: s.mesh,
      casino: t.mesh.self,
      clock: s.clock,
      onNotice: () => {},
    });
    const ask = async (): Promise<number> => {
      const startMs = rig.world.clock.now();
      let answeredAtMs = Infinity;
      void requests.ask({ kind: 'genesis' }).then(({ ok }) => {
        if (ok) answeredAtMs = rig.world.clock.now();
      });
      await rig.world.runUntil(() => answeredAtMs < Infinity, startMs + 6_000);
      return answeredAtMs - startMs;
    };
    await rig.run(3_000);
    for (let i = 0; i < 20; i += 1) {
      expect(await ask()).toBeLessThan(50);
      await rig.run(200);
    }
    swallowing(fates.get('a t'), 'a', () => true);
    const before = asked;
    expect(await ask()).toBeLessThan(800 + 50);
    expect(asked).toBe(before + 1);
    expect(await ask()).toBeLessThan(50);
  });

  test('that forwards half of them is left for what it loses', async () => {
    const { rig, fates } = threeWays();
    await rig.run(3_000);
    await stream(rig, 'before', 200);
    const rng = rig.world.rng('swallow');
    swallowing(fates.get('a t'), 'a', () => rng.unit() < 0.5);
    await stream(rig, 'into', 400);
    const later = await stream(rig, 'later', 200);
    await rig.run(2_000);
    expect(rig.node('s').mesh.redundancy().left.lossy).toBeGreaterThan(0);
    expect(inboxOf(rig, 'into').length).toBeGreaterThan(300);
    expect(inboxOf(rig, 'later').length).toBeGreaterThan(0.9 * later.length);
  });
});

describe('ways that are kept ready', () => {
  test('are told in the statistics, and probed only while they may be needed', async () => {
    const { rig } = threeWays();
    await rig.run(3_000);
    const { mesh } = rig.node('s');
    expect(mesh.redundancy()).toMatchObject({ primaryRoutes: 0, backupRoutes: 0, probes: 0 });
    await stream(rig, 'use', 600);
    expect(mesh.redundancy()).toMatchObject({
      primaryRoutes: 1,
      backupRoutes: 2,
      liveBackupRoutes: 2,
    });
    await rig.run(40_000);
    const { probes } = mesh.redundancy();
    const packets: number[] = [];
    rig.tap = (_, __, frame) => {
      const header = decodePacketHeader(frame.subarray(1));
      if (frame[0] === FrameType.packet && header.ok) packets.push(header.value.bodyBytes);
    };
    await rig.run(60_000);
    expect(packets).toEqual([]);
    expect(mesh.redundancy()).toMatchObject({ primaryRoutes: 0, backupRoutes: 0, probes });
  });

  test('a node with one way to go is not slowed or probed', async () => {
    const rig = new MeshRig();
    rig.line(['s', 'm', 't']);
    await rig.run(3_000);
    const texts = await stream(rig, 'use', 600);
    await rig.run(1_000);
    expect(inboxOf(rig, 'use')).toEqual(texts);
    expect(rig.node('s').mesh.redundancy()).toMatchObject({ backupRoutes: 0, probes: 0 });
  });
});
