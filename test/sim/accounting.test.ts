// Accounts of two gateways between two meshes, beside what a tap on their bridge sees: every packet that a gateway was
// handed is acknowledged, unacknowledged or dropped for a reason, whatever happens to the bridge.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesEqual } from '../../src/core/bytes.ts';
import type { Link, LinkHandlers } from '../../src/env/link.ts';
import { CREDIT } from '../../src/gateway/accounting/credit.ts';
import type { LedgerLimits } from '../../src/gateway/accounting/limits.ts';
import type { FlowRecord } from '../../src/gateway/accounting/record.ts';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { createSimStore } from '../../src/sim/store.ts';
import { FrameType } from '../../src/wire/frame.ts';
import { FederationRig } from '../suites/federation-rig.ts';
import { TEST_PROTOCOL } from '../suites/mesh-rig.ts';

interface Count {
  packets: number;
  bytes: number;
}

/** What the tap and the members' mesh saw at one gateway. */
interface Seen {
  readonly handed: Count;
  readonly refused: Count;
  /** Frames of packets that came over the bridge. */
  readonly came: Count;
}

function zero(): Count {
  return { packets: 0, bytes: 0 };
}

function add(count: Count, bytes: number): void {
  count.packets += 1;
  count.bytes += bytes;
}

/** west: w, v — gw; east: gx — x; one bridge. */
class Crossing {
  readonly rig = new FederationRig();
  readonly seen = new Map<string, Seen>();
  #link: Link | null = null;

  constructor(accounting: Partial<LedgerLimits> = {}) {
    const { rig } = this;
    for (const name of ['w', 'v']) rig.member(name, 'west');
    rig.member('x', 'east');
    for (const [name, mesh] of [
      ['gw', 'west'],
      ['gx', 'east'],
    ] as const) {
      const store = createSimStore(rig.rig.world, { name: `${name}-disk` });
      rig.addGateway(name, mesh, {}, { store, accounting });
      this.#watch(name);
    }
    rig.rig.link('w', 'gw');
    rig.rig.link('v', 'gw');
    rig.rig.link('x', 'gx');
    this.bridge();
  }

  at(name: string): Seen {
    const seen = this.seen.get(name);
    if (seen === undefined) throw new Error(`no gateway ${name}`);
    return seen;
  }

  /** Ends the bridge at one end, at once. */
  dropLink(): void {
    this.#link?.destroy({ code: 'LINK_CLOSED', detail: 'dropped by the test' });
  }

  bridge(): void {
    const [there, here] = this.rig.rig.network.pair('gw', 'gx');
    this.#link = there;
    this.rig.gateway('gw').addLink(this.#tapped(there, 'gw'));
    this.rig.gateway('gx').addLink(this.#tapped(here, 'gx'));
  }

  send(from: string, to: string, bytes: number): void {
    // Incompressible, and new each time.
    const payload = new Uint8Array(bytes);
    this.rig.rig.world.rng(`payload ${this.rig.nowMs}`).fill(payload);
    this.rig.rig.node(from).mesh.send(this.rig.id(to), TEST_PROTOCOL, payload);
  }

  /** Counts what the gateway's mesh hands it. */
  #watch(name: string): void {
    const seen = { handed: zero(), refused: zero(), came: zero() };
    this.seen.set(name, seen);
    const gateway = this.rig.gateway(name);
    const own = this.rig.id(name);
    // The gateway's own notices cross as well, some of them without being handed to it.
    const counted = (source: Uint8Array, bytes: number, isCarried: boolean): void => {
      if (bytesEqual(source, own)) return;
      add(seen.handed, bytes);
      if (!isCarried) add(seen.refused, bytes);
    };
    this.rig.rig.node(name).mesh.setBridge({
      reaches: (destination) => gateway.reaches(destination),
      forward: (packet) => {
        const source = packet.slice(20, 52);
        const { length } = packet;
        const sent = gateway.forward(packet);
        counted(source, length, sent.ok);
        return sent;
      },
      pass: (frame, nowMs) => {
        const source = frame.slice(21, 53);
        const { length } = frame;
        const sent = gateway.pass?.(frame, nowMs) ?? null;
        if (sent !== null) counted(source, length - 1, sent.ok);
        return sent;
      },
    });
  }

  #tapped(link: Link, name: string): Link {
    const { came } = this.at(name);
    // What comes after this end has closed the link nobody reads, and nobody acknowledges.
    let isOver = false;
    return new Proxy(link, {
      get: (target, property) => {
        if (property === 'attach') {
          return (handlers: LinkHandlers) =>
            target.attach({
              ...handlers,
              frame: (frame) => {
                if (!isOver && frame[0] === FrameType.packet) add(came, frame.length - 1);
                handlers.frame(frame);
              },
              drain: () => handlers.drain(),
              close: (reason) => handlers.close(reason),
            });
        }
        if (property === 'close' || property === 'destroy') isOver = true;
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  async records(name: string): Promise<readonly FlowRecord[]> {
    const { ledger } = this.rig.gateway(name);
    for (let round = 0; round < 2; round += 1) {
      const flushed = ledger.flush();
      await this.rig.run(100);
      await flushed;
    }
    return ledger.records(ledger.epoch, null, 10_000);
  }
}

async function joined(accounting: Partial<LedgerLimits> = {}): Promise<Crossing> {
  const crossing = new Crossing(accounting);
  const { rig } = crossing;
  await rig.until(
    () => rig.gateway('gw').reaches(rig.id('x')) && rig.gateway('gx').reaches(rig.id('w')),
  );
  return crossing;
}

function total(
  records: readonly FlowRecord[],
  field: 'packets' | 'bytes' | 'ackedPackets',
): number {
  return records.reduce((sum, record) => sum + record[field], 0);
}

function dropsOf(gateway: Gateway): number {
  return Object.values(gateway.drops()).reduce((sum, count) => sum + count, 0);
}

/** Where everything that the gateways were handed ended up, by their accounts and by the tap. */
async function check(crossing: Crossing): Promise<void> {
  const { rig } = crossing;
  for (const [name, far] of [
    ['gw', 'gx'],
    ['gx', 'gw'],
  ] as const) {
    const gateway = rig.gateway(name);
    const seen = crossing.at(name);
    const records = await crossing.records(name);
    const own = rig.id(name).join();
    const out = records.filter(
      ({ direction, payer }) => direction === 'out' && payer.join() !== own,
    );
    const come = records.filter(({ direction }) => direction === 'in');
    const report = gateway.accounting(100);
    // What a bridge gave up may have been carried once more, by the next one.
    const again = total(out, 'packets') - (seen.handed.packets - seen.refused.packets);
    expect(again).toBeGreaterThanOrEqual(0);
    expect(again).toBeLessThanOrEqual(report.unacknowledged.packets);
    const bytes = seen.handed.bytes - seen.refused.bytes;
    if (again === 0) expect(total(out, 'bytes')).toBe(bytes);
    expect(total(come, 'packets')).toBe(seen.came.packets);
    expect(total(come, 'bytes')).toBe(seen.came.bytes);
    const { carried, acknowledged, unacknowledged, underWay, came } = report;
    expect(acknowledged.packets + unacknowledged.packets + underWay.packets).toBe(carried.packets);
    expect(came).toEqual(seen.came);
    expect(acknowledged.packets).toBeLessThanOrEqual(crossing.at(far).came.packets);
    expect(crossing.at(far).came.packets).toBeLessThanOrEqual(carried.packets);
    // What came is in the mesh, or was dropped.
    const dropped = dropsOf(gateway) - seen.refused.packets;
    expect(gateway.crossings().packetsIn + dropped).toBe(seen.came.packets);
    for (const record of records) expect(record.ackedPackets).toBeLessThanOrEqual(record.packets);
    for (const { creditBytesUsed } of report.peers)
      expect(creditBytesUsed).toBeGreaterThanOrEqual(0);
  }
}

test('what crosses an undisturbed bridge is acknowledged, for whom and by whom', async () => {
  const crossing = await joined();
  const { rig } = crossing;
  for (let i = 0; i < 20; i += 1) {
    crossing.send('w', 'x', 500);
    crossing.send('x', 'v', 300);
  }
  await rig.until(
    () => rig.rig.node('x').inbox.length === 20 && rig.rig.node('v').inbox.length === 20,
  );
  await rig.run(2_000);
  await check(crossing);
  const gateway = rig.gateway('gw');
  const { carried, acknowledged, unacknowledged, underWay } = gateway.accounting();
  expect(acknowledged).toEqual(carried);
  expect([unacknowledged.packets, underWay.packets]).toEqual([0, 0]);
  const record = (await crossing.records('gw')).find(
    ({ direction, payer }) => direction === 'out' && payer.join() === rig.id('w').join(),
  );
  expect(record).toMatchObject({ gateway: rig.id('gx'), destination: rig.id('x') });
});

type Event =
  | { readonly kind: 'send'; readonly way: number; readonly count: number; readonly bytes: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'cut' | 'bridge' | 'slow' | 'drop-link' };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      way: fc.nat(5),
      count: fc.integer({ min: 1, max: 30 }),
      bytes: fc.integer({ min: 1, max: 8_000 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(3_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'cut' as const,
        'bridge' as const,
        'slow' as const,
        'drop-link' as const,
      ),
    }),
  },
);

const WAYS = [
  ['w', 'x'],
  ['v', 'x'],
  ['x', 'w'],
  ['x', 'v'],
  ['w', 'nobody'],
] as const;

async function play(crossing: Crossing, one: Event): Promise<void> {
  const { rig } = crossing;
  const { network } = rig.rig;
  switch (one.kind) {
    case 'send': {
      const [from, to] = WAYS[one.way % WAYS.length] ?? WAYS[0];
      for (let i = 0; i < one.count; i += 1) crossing.send(from, to, one.bytes);
      return;
    }
    case 'wait':
      return rig.run(one.ms);
    case 'cut':
      network.cut('gw', 'gx');
      return;
    case 'bridge':
      network.heal('gw', 'gx');
      crossing.bridge();
      return;
    case 'slow': {
      const slow = { latencyMs: 40, jitterMs: 10, loss: 0, duplication: 0, reordering: 0 };
      network.profile('gw', 'gx', { ...slow, bytesPerSecond: 20_000 });
      return;
    }
    case 'drop-link':
      crossing.dropLink();
  }
}

test('nothing is lost from the accounts while bridges are cut, slow, dropped and built anew, with little credit', async () => {
  const credit = {
    ...CREDIT,
    bytesMin: 64 * 1024,
    bytesMax: 128 * 1024,
    gatewayBytesMax: 200 * 1024,
  };
  let refused = 0;
  let unacknowledged = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 30 }), async (events) => {
      const crossing = await joined({ credit });
      const { rig } = crossing;
      for (const one of events) await play(crossing, one);
      rig.rig.network.heal('gw', 'gx');
      await rig.run(60_000);
      await check(crossing);
      refused += rig.gateway('gw').drops()['GATEWAY_CREDIT_EXHAUSTED'] ?? 0;
      unacknowledged += rig.gateway('gw').accounting().unacknowledged.packets;
      // Nothing is under way any more: all credit is back.
      for (const name of ['gw', 'gx']) {
        expect(rig.gateway(name).accounting().underWay.packets).toBe(0);
        for (const peer of rig.gateway(name).accounting(100).peers)
          expect(peer.creditBytesUsed).toBe(0);
      }
    }),
    { numRuns: 25 },
  );
  expect(refused).toBeGreaterThan(0);
  expect(unacknowledged).toBeGreaterThan(0);
});

test('a source without credit is told so, and others go on', async () => {
  const credit = { ...CREDIT, bytesMin: 70_000, bytesMax: 70_000, gatewayBytesMax: 1_000_000 };
  const crossing = await joined({ credit });
  const { rig } = crossing;
  crossing.send('w', 'x', 100);
  crossing.send('v', 'x', 100);
  await rig.until(() => rig.rig.node('x').inbox.length === 2);
  const slow = { latencyMs: 50, jitterMs: 0, loss: 0, duplication: 0, reordering: 0 };
  rig.rig.network.profile('gw', 'gx', { ...slow, bytesPerSecond: 50_000 });
  for (let i = 0; i < 20; i += 1) crossing.send('w', 'x', 10_000);
  crossing.send('v', 'x', 100);
  await rig.until(() => rig.rig.node('w').unreachable.length > 0);
  expect(rig.rig.node('w').unreachable[0]?.code).toBe('GATEWAY_CREDIT_EXHAUSTED');
  expect(rig.rig.node('v').unreachable).toEqual([]);
  await rig.run(10_000);
  expect(rig.rig.node('x').inbox.filter(({ from }) => from === 'v')).toHaveLength(2);
  // Credit came back with what was acknowledged.
  const before = rig.rig.node('x').inbox.length;
  crossing.send('w', 'x', 10_000);
  await rig.run(5_000);
  expect(rig.rig.node('x').inbox.length).toBe(before + 1);
});
