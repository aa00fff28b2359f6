import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { primitives } from '../platform/node/primitives.ts';
import { createWorld, type World } from '../sim/world.ts';
import { decodeFlowReports, encodeFlowReports } from '../wire/flow-report.ts';
import { COUNTED_SOURCES_MAX, FlowCounts, REPORT_MS_MIN } from './flow-counts.ts';
import { FlowFeedbackTable, FOLLOWED_PACKETS_MAX, type FlowFeedback } from './flow-feedback.ts';

const peer = new Uint8Array(32).fill(1);

interface Flow {
  readonly world: World;
  readonly counts: FlowCounts;
  readonly table: FlowFeedbackTable;
  readonly told: FlowFeedback[];
  readonly reports: number[];
}

/** A destination whose reports reach the source at once, unless `loses` says otherwise. */
function flow(loses: () => boolean = () => false): Flow {
  const world = createWorld({ seed: 1, primitives });
  const told: FlowFeedback[] = [];
  const reports: number[] = [];
  const table = new FlowFeedbackTable(world.clock, (feedback) => told.push(feedback));
  const counts = new FlowCounts(world.clock, (_, payload) => {
    reports.push(world.clock.now());
    if (!loses()) expect(table.report(peer, payload)).toBe(true);
  });
  return { world, counts, table, told, reports };
}

function sum(
  told: readonly FlowFeedback[],
  key: 'delivered' | 'lost' | 'marked' | 'deliveredBytes',
): number {
  return told.reduce((total, feedback) => total + feedback[key], 0);
}

describe('feedback on flows', () => {
  test('accounts for every packet, whichever are lost, marked, or whose reports are lost', () => {
    const packets = fc.array(
      fc.record({
        pauseMs: fc.nat(400),
        arrives: fc.boolean(),
        marked: fc.boolean(),
        reportLost: fc.boolean(),
        flowId: fc.constantFrom(0, 7, 2 ** 32 - 1),
      }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(packets, (list) => {
        let losing = false;
        const { world, counts, table, told, reports } = flow(() => losing);
        list.forEach(({ pauseMs, arrives, marked, reportLost, flowId }, i) => {
          world.runSync(world.clock.now() + pauseMs);
          losing = reportLost;
          table.sent(peer, flowId, BigInt(i), 100 + i);
          if (arrives) counts.received(peer, flowId, BigInt(i), marked);
        });
        losing = false;
        // One last packet of each flow, so that the last report is not a lost one.
        for (const flowId of [0, 7, 2 ** 32 - 1]) {
          table.sent(peer, flowId, 1_000n, 10);
          counts.received(peer, flowId, 1_000n, false);
        }
        world.runSync(world.clock.now() + 20_000);
        const arrived = list.filter(({ arrives }) => arrives).length;
        expect(sum(told, 'delivered')).toBe(arrived + 3);
        expect(sum(told, 'marked')).toBe(list.filter((one) => one.arrives && one.marked).length);
        expect(sum(told, 'lost')).toBeGreaterThanOrEqual(list.length - arrived);
        const sentBytes = list.reduce((total, _, i) => total + 100 + i, 30);
        expect(sum(told, 'deliveredBytes')).toBeLessThanOrEqual(sentBytes);
        if (arrived === list.length) expect(sum(told, 'deliveredBytes')).toBe(sentBytes);
        for (const [i, atMs] of reports.entries()) {
          if (i > 0) expect(atMs - (reports[i - 1] ?? 0)).toBeGreaterThanOrEqual(REPORT_MS_MIN);
        }
      }),
    );
  });

  test('accounts for many flows at once, each in its turn', () => {
    const { world, counts, table, told, reports } = flow();
    for (let i = 0; i < 2_000; i += 1) {
      const flowId = i % 200;
      table.sent(peer, flowId, BigInt(i), 1);
      counts.received(peer, flowId, BigInt(i), flowId === 7);
      world.runSync(world.clock.now() + 5);
    }
    world.runSync(world.clock.now() + 5_000);
    expect(sum(told, 'delivered')).toBe(2_000);
    expect(sum(told, 'lost')).toBe(0);
    expect(sum(told, 'marked')).toBe(10);
    expect(reports.length).toBeLessThan(15_000 / REPORT_MS_MIN);
  });

  test('measures the round trip without the time that the destination waited', () => {
    const { world, counts, table, told } = flow();
    table.sent(peer, 1, 1n, 1);
    world.runSync(30);
    counts.received(peer, 1, 1n, true);
    world.runSync(5_000);
    expect(told).toEqual([
      {
        destination: peer,
        flowId: 1,
        delivered: 1,
        lost: 0,
        marked: 1,
        deliveredBytes: 1,
        roundTripMs: 30,
      },
    ]);
  });

  test('believes no count beyond what was sent', () => {
    const { table, told } = flow();
    for (let i = 0; i < 10; i += 1) table.sent(peer, 1, BigInt(i), 1);
    const liar = { flowId: 1, received: 4_000_000, marked: 3_000_000, lastPacketId: 9n, holdMs: 0 };
    table.report(peer, encodeFlowReports([liar, { ...liar, flowId: 2 }]));
    expect(told).toMatchObject([{ delivered: 10, lost: 0, marked: 10 }]);
    table.report(peer, encodeFlowReports([{ ...liar, lastPacketId: 77n }]));
    expect(told).toHaveLength(1);
  });

  test('holds no more than its bounds', () => {
    const { world, counts, table, told, reports } = flow();
    for (let i = 0; i < 3 * FOLLOWED_PACKETS_MAX; i += 1) table.sent(peer, 1, BigInt(i), 1);
    world.runSync(10_000);
    expect(sum(told, 'lost')).toBeLessThanOrEqual(FOLLOWED_PACKETS_MAX);
    for (let i = 0; i < 2 * COUNTED_SOURCES_MAX; i += 1) {
      const other = new Uint8Array(32).fill(i & 0xff);
      other[1] = i >> 8;
      counts.received(other, 1, 1n, false);
    }
    world.runSync(20_000);
    expect(reports).toHaveLength(COUNTED_SOURCES_MAX);
  });
});

test('reports survive their encoding', () => {
  const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const report = fc.record({
    flowId: u32,
    received: u32,
    marked: u32,
    lastPacketId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    holdMs: fc.integer({ min: 0, max: 0xffff }),
  });
  fc.assert(
    fc.property(fc.array(report, { minLength: 1, maxLength: 16 }), (reports) => {
      expect(decodeFlowReports(encodeFlowReports(reports))).toEqual(reports);
    }),
  );
  for (const bytes of [0, 21, 23, 65 * 22])
    expect(decodeFlowReports(new Uint8Array(bytes))).toBeNull();
});
