// Bulk traffic across a gateway whose bandwidth is short, production code in virtual time: what a game notices of it.

import { describe, expect, test } from 'vitest';
import type { BandwidthUsage } from '../../src/gateway/shaping/bandwidth-usage.ts';
import type { ShapingLimits } from '../../src/gateway/shaping/limits.ts';
import type { LinkProfile } from '../../src/sim/path.ts';
import { TrafficClass, trafficClassOf } from '../../src/wire/traffic-class.ts';
import { PacketType } from '../../src/wire/packet.ts';
import { FrameType } from '../../src/wire/frame.ts';
import { FederationRig } from '../suites/federation-rig.ts';
import { MeshRig } from '../suites/mesh-rig.ts';

const GAME_PROTOCOL = 21;
const BULK_PROTOCOL = 22;
/** Bulk that says it is a game. */
const LIE_PROTOCOL = 23;
const CLASSES = new Map<number, TrafficClass>([
  [GAME_PROTOCOL, TrafficClass.game],
  [BULK_PROTOCOL, TrafficClass.bulk],
  [LIE_PROTOCOL, TrafficClass.game],
]);
/** Of a bridge over the internet: 16 Mbit/s, 40 ms there and back. */
const PATH: LinkProfile = {
  latencyMs: 20,
  jitterMs: 2,
  loss: 0,
  duplication: 0,
  reordering: 0,
  bytesPerSecond: 2_000_000,
};
const MOVE_BYTES = 200;
const MOVE_INTERVAL_MS = 20;
const BULK_BYTES = 16_000;
/** Incompressible. */
const NOISE = Uint8Array.from(
  (function* () {
    for (let word = 1, i = 0; i < BULK_BYTES; i += 1) {
      word = (Math.imul(word, 1_103_515_245) + 12_345) >>> 0;
      yield word >>> 16;
    }
  })(),
);

/** west: player, loader, gw; east: host, gx. One bridge. */
class Table {
  readonly federation = new FederationRig(5);
  /** Of each move that came, in the order of coming. */
  readonly moveDelaysMs: number[] = [];
  bulkBytes = 0;
  moves = 0;

  constructor(limits: Partial<ShapingLimits>, path: LinkProfile = PATH) {
    const { federation } = this;
    for (const [name, mesh] of [
      ['player', 'west'],
      ['loader', 'west'],
      ['host', 'east'],
    ] as const) {
      federation.member(name, mesh, { trafficClasses: CLASSES });
    }
    federation.addGateway('gw', 'west', limits);
    federation.addGateway('gx', 'east');
    federation.rig.link('player', 'gw');
    federation.rig.link('loader', 'gw');
    federation.rig.link('gx', 'host');
    federation.rig.network.profile('gw', 'gx', path);
    federation.bridge('gw', 'gx');
    const { mesh, clock } = federation.rig.node('host');
    mesh.handle(GAME_PROTOCOL, ({ payload }) => {
      const sentAtMs = new DataView(payload.buffer, payload.byteOffset).getFloat64(0);
      this.moveDelaysMs.push(clock.now() - sentAtMs);
    });
    const count = ({ payload }: { payload: Uint8Array }): number =>
      (this.bulkBytes += payload.length);
    mesh.handle(BULK_PROTOCOL, count);
    mesh.handle(LIE_PROTOCOL, count);
  }

  async open(): Promise<void> {
    const { federation } = this;
    await federation.until(() => federation.gateway('gw').reaches(federation.id('host')));
    await federation.until(() => federation.gateway('gx').reaches(federation.id('player')));
    await federation.run(2_000);
    // Sessions are up before anything is measured.
    for (const name of ['player', 'loader']) {
      this.#send(name, BULK_PROTOCOL, 100);
      this.#move(name);
    }
    await federation.run(2_000);
    this.moveDelaysMs.length = 0;
    this.moves = 0;
  }

  /**
   * The player moves all the time; `loader` sends `bulkPerSecond` bytes, no faster than the mesh takes them. Returns the
   * delays of the moves that came.
   */
  async play(
    ms: number,
    loader: string | null,
    bulkPerSecond = 0,
    protocol = BULK_PROTOCOL,
  ): Promise<readonly number[]> {
    this.moveDelaysMs.length = 0;
    this.moves = 0;
    let owed = 0;
    for (let at = 0; at < ms; at += 1) {
      if (at % MOVE_INTERVAL_MS === 0) this.#move('player');
      owed += loader === null ? 0 : bulkPerSecond / 1_000;
      for (; loader !== null && owed >= BULK_BYTES; owed -= BULK_BYTES) {
        this.#send(loader, protocol, BULK_BYTES);
      }
      await this.federation.run(1);
    }
    return [...this.moveDelaysMs];
  }

  usage(): BandwidthUsage {
    return this.federation.gateway('gw').shaper.usage();
  }

  #move(from: string): void {
    const payload = NOISE.slice(0, MOVE_BYTES);
    new DataView(payload.buffer).setFloat64(0, this.federation.nowMs);
    const { federation } = this;
    const sent = federation.rig.node(from).mesh.send(federation.id('host'), GAME_PROTOCOL, payload);
    if (sent.ok) this.moves += 1;
  }

  #send(from: string, protocol: number, bytes: number): void {
    const { federation } = this;
    federation.rig.node(from).mesh.send(federation.id('host'), protocol, NOISE.subarray(0, bytes));
  }
}

function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(fraction * sorted.length) - 1] ?? NaN;
}

async function opened(limits: Partial<ShapingLimits>, path = PATH): Promise<Table> {
  const table = new Table(limits, path);
  await table.open();
  return table;
}

test('a mesh writes what it is told of a protocol into its packets, and control into its own', async () => {
  const rig = new MeshRig(1);
  rig.line(['a', 'b'], () => ({ trafficClasses: CLASSES }));
  await rig.world.runUntil(() => rig.hops('a', 'b') !== null, 60_000);
  const seen: TrafficClass[] = [];
  rig.tap = (from, _, frame) => {
    const isData = frame[0] === FrameType.packet && frame[2] === PacketType.data;
    if (from === 'a' && isData) seen.push(trafficClassOf(frame[3] ?? 0));
  };
  const other = rig.node('b').mesh.self;
  const classesOf = async (protocol: number): Promise<readonly TrafficClass[]> => {
    seen.length = 0;
    rig.node('a').mesh.send(other, protocol, new Uint8Array(100));
    await rig.run(100);
    return [...seen];
  };
  // Before the first message the two shake hands, and what confirms that is control.
  expect(await classesOf(GAME_PROTOCOL)).toContain(TrafficClass.game);
  expect(await classesOf(BULK_PROTOCOL)).toContain(TrafficClass.bulk);
  expect(await classesOf(GAME_PROTOCOL)).toContain(TrafficClass.game);
  expect(await classesOf(30)).toContain(TrafficClass.unspecified);
  // A report on what the other sent.
  seen.length = 0;
  rig.node('b').mesh.send(rig.node('a').mesh.self, GAME_PROTOCOL, new Uint8Array(100));
  await rig.run(3_000);
  expect(seen).toContain(TrafficClass.control);
});

describe('a bulk flood of four times what the gateway may send', () => {
  test.each([
    ['by another peer', 'loader'],
    ['by the player itself', 'player'],
  ])('%s leaves the p99 delay of moves within twice its idle value', async (_, loader) => {
    const table = await opened({ internetMbpsMax: 12 });
    const idle = percentile(await table.play(4_000, null), 0.99);
    await table.play(1_000, loader, 6_000_000);
    const before = table.bulkBytes;
    const delays = await table.play(4_000, loader, 6_000_000);
    const bulkPerSecond = (table.bulkBytes - before) / 4;
    expect(delays.length).toBeGreaterThan(0.98 * table.moves);
    expect(percentile(delays, 0.99)).toBeLessThanOrEqual(2 * idle);
    // The flood is no sham: it fills what is left.
    expect(bulkPerSecond).toBeGreaterThan(0.9 * 1_500_000);
    expect(bulkPerSecond).toBeLessThan(1.02 * 1_500_000);
    const { classes, drops } = table.usage().interfaces.internet;
    expect(classes.bulk.queueMsP50).toBeGreaterThan(100);
    expect(drops['source-full'] + drops.standing).toBeGreaterThan(100);
  });

  test('that calls itself a game does no better, and the game of others is not hurt', async () => {
    const table = await opened({ internetMbpsMax: 12 });
    const idle = percentile(await table.play(4_000, null), 0.99);
    await table.play(1_000, 'loader', 3_000_000, LIE_PROTOCOL);
    const delays = await table.play(4_000, 'loader', 3_000_000, LIE_PROTOCOL);
    expect(percentile(delays, 0.99)).toBeLessThanOrEqual(2 * idle);
    expect(table.usage().interfaces.internet.classes.bulk.bytesPerSecond).toBeGreaterThan(500_000);
  });
});

describe('without a limit, over a path that fills up', () => {
  test('the bridge is held below what the path carries, so that the queue is here; and let go after', async () => {
    const table = await opened({});
    const idle = percentile(await table.play(4_000, null), 0.99);
    await table.play(10_000, 'loader', 4_000_000);
    const before = table.bulkBytes;
    const delays = await table.play(10_000, 'loader', 4_000_000);
    const [link] = table.usage().interfaces.internet.links;
    expect(link?.adaptiveMbpsMax).not.toBeNull();
    expect(percentile(delays, 0.99)).toBeLessThanOrEqual(2 * idle);
    // At most a quarter of the path is given up for it.
    expect(table.bulkBytes - before).toBeGreaterThan(0.75 * 2_000_000 * 10);
    await table.play(40_000, null);
    expect(table.usage().interfaces.internet.links[0]?.adaptiveMbpsMax).toBeNull();
  });
});
