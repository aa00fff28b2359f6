// A gateway's accounts: the sums through any sequence of packets, links, epochs, evictions, failing writes and crashes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../core/bytes.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { createSimStore, type SimStore } from '../../sim/store.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { encodePacket, PacketType } from '../../wire/packet.ts';
import { TrafficClass, withTrafficClass } from '../../wire/traffic-class.ts';
import { silentLogger, testIdentity } from '../../../test/suites/mesh-rig.ts';
import { accountingReport } from './accounting-report.ts';
import type { BridgeAccount } from './bridge-account.ts';
import { CREDIT } from './credit.ts';
import type { LedgerLimits } from './limits.ts';
import { openOwnPrice } from './own-price.ts';
import { FREE, PRICE_NOTICE_MS } from './price.ts';
import type { FlowRecord } from './record.ts';
import { RelayLedger } from './relay-ledger.ts';

const far = testIdentity('far').publicKey;
const other = testIdentity('other').publicKey;
const PEERS = Array.from({ length: 12 }, (_, i) => testIdentity(`peer${i}`).publicKey);
const EPOCH_MS = 60_000;

function peer(i: number): Uint8Array {
  return PEERS[i % PEERS.length] ?? far;
}

function packet(from: number, to: number, bytes = 100, flags = 0): Uint8Array {
  const ends = { source: peer(from), destination: peer(to) };
  const header = { type: PacketType.data, flags, ttl: 9, flowId: 1, packetId: 1n };
  return encodePacket(
    { ...header, ...ends, route: new Uint8Array(0), cursor: 0 },
    new Uint8Array(bytes),
  );
}

class Bench {
  readonly world: World = createWorld({ seed: 1, primitives });
  store: SimStore = createSimStore(this.world, { name: 'disk' });
  ledger: RelayLedger;
  readonly #limits: Partial<LedgerLimits>;

  constructor(limits: Partial<LedgerLimits> = {}) {
    this.#limits = { epochMs: EPOCH_MS, ...limits };
    this.ledger = this.#open();
  }

  #open(): RelayLedger {
    const { world, store } = this;
    const deps = { clock: world.clock, rng: world.rng('ledger'), logger: silentLogger, store };
    return new RelayLedger(deps, this.#limits);
  }

  restart(): void {
    this.store.crash();
    this.store = this.store.reopen();
    void this.ledger.stop();
    this.ledger = this.#open();
  }

  async run(ms: number): Promise<void> {
    await this.world.run(this.world.clock.now() + ms);
  }

  async flush(): Promise<void> {
    const flushed = this.ledger.flush();
    await this.run(50);
    await flushed;
  }

  records(): readonly FlowRecord[] {
    const { epoch } = this.ledger;
    const all: FlowRecord[] = [];
    for (let e = epoch - 40; e <= epoch; e += 1) all.push(...this.ledger.records(e, null, 1_000));
    return all;
  }
}

function sum(
  records: readonly FlowRecord[],
  field: 'packets' | 'bytes' | 'ackedPackets' | 'ackedBytes',
): number {
  return records.reduce((total, record) => total + record[field], 0);
}

type Step =
  | { readonly kind: 'send'; readonly from: number; readonly to: number; readonly bytes: number }
  | { readonly kind: 'come'; readonly from: number; readonly to: number; readonly bytes: number }
  | { readonly kind: 'ack' | 'give-up'; readonly which: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'drop'; readonly from: number; readonly bytes: number }
  | { readonly kind: 'relink' | 'fail-write' | 'crash' };

const small = fc.nat(30);
const traffic = { from: small, to: small, bytes: fc.nat(2_000) };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('send' as const), ...traffic }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('come' as const), ...traffic }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('ack' as const, 'give-up' as const),
      which: fc.nat(100),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(40_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('drop' as const), from: small, bytes: fc.nat(99) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('relink' as const, 'fail-write' as const, 'crash' as const),
    }),
  },
);

/** Runs the steps beside the simplest model: everything that ever happened, and what is under way. */
class Play {
  readonly bench: Bench;
  underWay: Uint8Array[] = [];
  account: BridgeAccount;
  sent = { packets: 0, bytes: 0 };
  acked = { packets: 0, bytes: 0 };
  came = { packets: 0, bytes: 0 };
  dropped = 0;
  /** At the last moment that everything was durable. */
  durable = { sent: 0, came: 0, acked: 0 };

  constructor(limits: Partial<LedgerLimits>) {
    this.bench = new Bench(limits);
    this.account = this.bench.ledger.open(far);
  }

  async take(step: Step): Promise<void> {
    const { bench } = this;
    switch (step.kind) {
      case 'send': {
        const bytes = packet(step.from, step.to, step.bytes);
        if (this.account.take(bytes, 0) !== null) {
          bench.ledger.dropped(peer(step.from), bytes.length, 'GATEWAY_CREDIT_EXHAUSTED');
          this.dropped += 1;
          return;
        }
        this.underWay.push(bytes);
        this.sent = { packets: this.sent.packets + 1, bytes: this.sent.bytes + bytes.length };
        return;
      }
      case 'come': {
        const bytes = packet(step.from, step.to, step.bytes);
        expect(this.account.came(bytes, 0)).toBeNull();
        this.came = { packets: this.came.packets + 1, bytes: this.came.bytes + bytes.length };
        return;
      }
      case 'ack': {
        const [bytes] = this.underWay.splice(step.which % (this.underWay.length + 1), 1);
        if (bytes === undefined) return;
        this.account.acknowledged(bytes, 0, bytes.length);
        this.acked = { packets: this.acked.packets + 1, bytes: this.acked.bytes + bytes.length };
        return;
      }
      case 'give-up': {
        const [bytes] = this.underWay.splice(step.which % (this.underWay.length + 1), 1);
        if (bytes !== undefined) this.account.gaveUp(bytes, 0);
        return;
      }
      case 'drop':
        bench.ledger.dropped(peer(step.from), step.bytes, 'GATEWAY_PEER_UNKNOWN');
        this.dropped += 1;
        return;
      case 'wait':
        await bench.run(step.ms);
        return;
      case 'relink':
        this.account.close();
        this.underWay = [];
        this.account = bench.ledger.open(far);
        return;
      case 'fail-write':
        bench.store.failNextWrite('STORE_FULL');
        return;
      case 'crash':
        // Everything until now is durable, so that the model knows what the crash leaves.
        await bench.flush();
        await bench.flush();
        bench.restart();
        this.underWay = [];
        this.account = bench.ledger.open(far);
    }
  }

  check(): void {
    const { ledger } = this.bench;
    const report = accountingReport(ledger, this.bench.world.clock, 100);
    const bytesUnderWay = this.underWay.reduce((total, { length }) => total + length, 0);
    expect(report.carried).toEqual(this.sent);
    expect(report.acknowledged).toEqual(this.acked);
    expect(report.came).toEqual(this.came);
    expect(report.underWay).toEqual({ packets: this.underWay.length, bytes: bytesUnderWay });
    expect(report.unacknowledged.packets).toBeGreaterThanOrEqual(0);
    const drops = Object.values(report.dropped).reduce((total, { packets }) => total + packets, 0);
    expect(drops).toBe(this.dropped);
    for (const { creditBytesUsed, creditBytes, acknowledged } of report.peers) {
      expect(creditBytesUsed).toBeGreaterThanOrEqual(0);
      expect(creditBytesUsed).toBeLessThanOrEqual(creditBytes);
      expect(acknowledged.packets).toBeGreaterThanOrEqual(0);
    }
    const used = [...ledger.book.peers.entries()].reduce(
      (total, { credit }) => total + credit.usedBytes,
      0,
    );
    expect(used).toBe(bytesUnderWay);
  }

  /** Once all is durable, the records add up to the totals. */
  async checkStore(): Promise<void> {
    await this.bench.flush();
    await this.bench.flush();
    const records = this.bench.records();
    const { totals } = this.bench.ledger;
    const out = records.filter(({ direction }) => direction === 'out');
    const come = records.filter(({ direction }) => direction === 'in');
    expect(sum(records, 'packets') + totals.prunedPackets).toBe(
      this.sent.packets + this.came.packets,
    );
    expect(sum(records, 'bytes') + totals.prunedBytes).toBe(this.sent.bytes + this.came.bytes);
    expect(sum(come, 'ackedPackets')).toBe(sum(come, 'packets'));
    if (totals.prunedPackets === 0) {
      expect(sum(out, 'ackedPackets')).toBe(this.acked.packets);
      expect(sum(out, 'ackedBytes')).toBe(this.acked.bytes);
    }
    for (const record of records) {
      expect(record.ackedPackets).toBeLessThanOrEqual(record.packets);
      expect(record.ackedBytes).toBeLessThanOrEqual(record.bytes);
      expect(record.firstMs).toBeLessThanOrEqual(record.lastMs);
    }
  }
}

const bounds: readonly (readonly [string, Partial<LedgerLimits>])[] = [
  ['with room for all', {}],
  ['with room for few flows', { flowsMax: 3 }],
  ['with room for few peers', { peersMax: 3, flowsMax: 5 }],
  ['with few records of an epoch', { recordsMax: 4 }],
  ['with few new flows at once', { newFlowsBurst: 2, newFlowsPerSecond: 0.01 }],
  ['with few peers in the store', { storedPeersMax: 2 }],
  ['with old records removed', { epochsKept: 1 }],
  ['with batches of few changes', { changesMax: 2 }],
];

describe('sums', () => {
  test.each(bounds)('hold through any sequence, %s', async (_, limits) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const play = new Play(limits);
        for (const one of steps) {
          await play.take(one);
          play.check();
        }
        await play.checkStore();
      }),
      { numRuns: 40 },
    );
  });

  test('a crash loses no more than changed since the last batch was begun, and nothing is counted twice', async () => {
    const sends = fc.record({ count: fc.integer({ min: 1, max: 20 }), waitMs: fc.nat(3_000) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(sends, { minLength: 1, maxLength: 20 }),
        fc.nat(1_500),
        async (list, lastMs) => {
          const bench = new Bench({ flushMs: 1_000 });
          let account = bench.ledger.open(far);
          const sent: number[] = [];
          let counted = 0;
          for (const { count, waitMs } of list) {
            const bytes = packet(count, count + 1);
            for (let i = 0; i < count; i += 1) {
              expect(account.take(bytes, 0)).toBeNull();
              account.acknowledged(bytes, 0, bytes.length);
              sent.push(bench.world.clock.now());
            }
            counted += count;
            await bench.run(waitMs);
          }
          await bench.run(lastMs);
          const crashedAt = bench.world.clock.now();
          bench.restart();
          account = bench.ledger.open(far);
          const { carried } = accountingReport(bench.ledger, bench.world.clock);
          // The window, and the time of a write.
          const safe = sent.filter((atMs) => atMs <= crashedAt - 1_010).length;
          expect(carried.packets).toBeGreaterThanOrEqual(safe);
          expect(carried.packets).toBeLessThanOrEqual(counted);
          expect(sum(bench.records(), 'packets')).toBe(carried.packets);
          // It goes on from there.
          account.take(packet(1, 2), 0);
          await bench.flush();
          expect(sum(bench.records(), 'packets')).toBe(carried.packets + 1);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('epochs', () => {
  test('a closed record has no packet under way, and stands', async () => {
    const bench = new Bench();
    const account = bench.ledger.open(far);
    const first = packet(1, 2);
    account.take(first, 0);
    account.acknowledged(first, 0, first.length);
    account.take(first, 0);
    const { epoch } = bench.ledger;
    await bench.run(2 * EPOCH_MS);
    await bench.flush();
    const [closed] = bench.ledger.records(epoch, null, 10);
    expect(closed).toMatchObject({
      packets: 1,
      ackedPackets: 1,
      payer: peer(1),
      destination: peer(2),
      gateway: far,
    });
    account.acknowledged(first, 0, first.length);
    await bench.flush();
    expect(bench.ledger.records(epoch, null, 10)).toEqual([closed]);
    expect(bench.ledger.records(bench.ledger.epoch, null, 10)).toMatchObject([
      { packets: 1, ackedPackets: 1 },
    ]);
  });

  test('records are read in pages, in the order of their keys', async () => {
    const bench = new Bench();
    const account = bench.ledger.open(far);
    for (let i = 0; i < 10; i += 1) account.take(packet(i, i + 1), 0);
    await bench.flush();
    const { epoch } = bench.ledger;
    const all = bench.ledger.records(epoch, null, 100);
    expect(all).toHaveLength(10);
    const pages: FlowRecord[] = [];
    for (let after: FlowRecord | null = null; ;) {
      const page: readonly FlowRecord[] = bench.ledger.records(epoch, after, 3);
      pages.push(...page);
      after = page.at(-1) ?? null;
      if (after === null) break;
    }
    expect(pages).toEqual(all);
    expect(all.map(({ payer }) => toHex(payer))).toEqual(
      all.map(({ payer }) => toHex(payer)).toSorted(),
    );
  });

  test('what is due follows the price at the time, by class', async () => {
    const world = createWorld({ seed: 1, primitives });
    const store = createSimStore(world, { name: 'disk' });
    const identity = testIdentity('gate');
    const table = { control: 0n, game: 7n, bulk: 3n };
    const opening = openOwnPrice(
      { primitives, identity, store, bootEpoch: 1 },
      world.clock.wallMs(),
      table,
    );
    await world.run(100);
    const price = await opening;
    const deps = {
      clock: world.clock,
      rng: world.rng('ledger'),
      logger: silentLogger,
      store,
      ownPrice: price,
    };
    const ledger = new RelayLedger(deps, { epochMs: 100 * PRICE_NOTICE_MS });
    const account = ledger.open(far);
    const game = packet(1, 2, 914, withTrafficClass(0, TrafficClass.game));
    const bulk = packet(1, 2, 914);
    expect(game).toHaveLength(1_000);
    for (const bytes of [game, bulk, bulk]) account.take(bytes, 0);
    for (const bytes of [game, bulk]) account.acknowledged(bytes, 0, bytes.length);
    const proposed = price.propose({ ...FREE, bulk: 50n }, world.clock.wallMs());
    await world.run(world.clock.now() + PRICE_NOTICE_MS + 1_000);
    await proposed;
    account.acknowledged(bulk, 0, bulk.length);
    const flushed = ledger.flush();
    await world.run(world.clock.now() + 100);
    await flushed;
    const due = ledger.records(ledger.epoch, null, 10).map((record) => record.due);
    expect(due.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([7_000n, 3_000n + 50_000n]);
  });
});

function fill(account: BridgeAccount, from: number): number {
  let taken = 0;
  while (account.take(packet(from, 1, 10_000), 0) === null) taken += 1;
  return taken;
}

describe('credit', () => {
  const credit = { ...CREDIT, bytesMin: 100_000, bytesMax: 300_000, gatewayBytesMax: 400_000 };

  test('a new peer has a small window, and acknowledged traffic enlarges it up to the bound', () => {
    const bench = new Bench({ credit });
    const account = bench.ledger.open(far);
    const first = fill(account, 2);
    expect(first).toBe(9);
    const refused = account.take(packet(2, 1, 10_000), 0);
    expect(refused).toMatchObject({ code: 'GATEWAY_CREDIT_EXHAUSTED' });
    for (let i = 0; i < first; i += 1)
      account.acknowledged(packet(2, 1, 10_000), 0, packet(2, 1, 10_000).length);
    const second = fill(account, 2);
    expect(second).toBeGreaterThan(first);
    for (let round = 0; round < 5; round += 1) {
      for (let i = 0; i < 40; i += 1)
        account.acknowledged(packet(2, 1, 10_000), 0, packet(2, 1, 10_000).length);
      fill(account, 2);
    }
    const [tally] = bench.ledger.peers(1);
    expect(tally?.credit.windowBytes).toBe(credit.bytesMax);
  });

  test('greedy peers leave room to the next one, on each bridge', () => {
    const bench = new Bench({ credit: { ...credit, bytesMin: 200_000 } });
    const account = bench.ledger.open(far);
    const taken = [2, 3, 4, 5].map((from) => fill(account, from));
    expect(taken.every((packets) => packets > 0)).toBe(true);
    // Half of what the bridge carries at once, then half of the rest.
    expect((taken[0] ?? 0) * 10_086).toBeLessThanOrEqual(credit.gatewayBytesMax / 2);
    expect(fill(bench.ledger.open(other), 6)).toBe(taken[0]);
  });

  test('what is given up gives credit back, and a link that ends gives up all', () => {
    const bench = new Bench({ credit });
    const account = bench.ledger.open(far);
    const taken = fill(account, 2);
    account.gaveUp(packet(2, 1, 10_000), 0);
    expect(fill(account, 2)).toBe(1);
    account.close();
    expect(fill(bench.ledger.open(far), 2)).toBe(taken);
  });

  test('where traffic is to be paid for, acknowledgements give nothing back until it is settled, also after a restart', async () => {
    const bench = new Bench({ credit: { ...credit, returns: 'settlement' } });
    const account = bench.ledger.open(far);
    const taken = fill(account, 2);
    for (let i = 0; i < taken; i += 1)
      account.acknowledged(packet(2, 1, 10_000), 0, packet(2, 1, 10_000).length);
    const unpaid = taken * 10_086;
    // The window has grown by what was acknowledged.
    expect(fill(account, 2)).toBeGreaterThan(0);
    account.close();
    await bench.flush();
    bench.restart();
    expect(bench.ledger.settle(peer(2), 1_000_000)).toBe(unpaid);
    expect(bench.ledger.settle(peer(2), 1_000_000)).toBe(0);
    expect(bench.ledger.paidGateway(far, 1_000_000)).toBe(unpaid);
  });

  test('what two gateways owe each other is bounded, and offset', () => {
    const bench = new Bench({ credit: { ...credit, bytesMin: 200_000, returns: 'settlement' } });
    const account = bench.ledger.open(far);
    const incoming = packet(7, 8, 9_914);
    let came = 0;
    while (account.came(incoming, 0) === null) came += 1;
    expect(came).toBe(40);
    expect(account.came(incoming, 0)).toMatchObject({ code: 'GATEWAY_CREDIT_EXHAUSTED' });
    // Carried by the other one in return: it owes less.
    const outgoing = packet(2, 1, 9_914);
    expect(account.take(outgoing, 0)).toBeNull();
    account.acknowledged(outgoing, 0, outgoing.length);
    expect(account.came(incoming, 0)).toBeNull();
    expect(account.came(incoming, 0)).not.toBeNull();
    expect(bench.ledger.settleGateway(far, 10 ** 9)).toBe(41 * 10_000);
  });
});

test('sources that are invented are summed up, and cost the store little', async () => {
  const bench = new Bench({ newFlowsBurst: 50, newFlowsPerSecond: 1 });
  const account = bench.ledger.open(far);
  for (let i = 0; i < 5_000; i += 1) {
    const bytes = packet(1, 2);
    bytes.set(primitives.sha256(Uint8Array.of(i & 0xff, i >> 8)), 20);
    if (account.take(bytes, 0) === null) account.acknowledged(bytes, 0, bytes.length);
  }
  await bench.flush();
  const records = bench.records();
  expect(records.length).toBeLessThanOrEqual(51);
  expect(sum(records, 'packets')).toBe(5_000);
  expect(records.some(({ payer }) => payer.every((byte) => byte === 0))).toBe(true);
});
