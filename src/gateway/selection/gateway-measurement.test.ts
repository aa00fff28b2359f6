import { describe, expect, test } from 'vitest';
import { GatewayMeasurement } from './gateway-measurement.ts';

function probed(ms: readonly (number | null)[], stepMs = 1_000): GatewayMeasurement {
  const measurement = new GatewayMeasurement();
  for (const [i, one] of ms.entries()) {
    if (one === null) measurement.unanswered(i * stepMs);
    else measurement.answered(one, i * stepMs);
  }
  return measurement;
}

describe('a measurement', () => {
  test('has nothing to say before the first outcome', () => {
    const nothing = new GatewayMeasurement().at(0);
    expect(Object.values(nothing).filter((value) => value !== null)).toEqual([0, 0]);
  });

  test('time in queues is what the round trip exceeds the quickest of late by', () => {
    const measurement = probed([...Array<number>(10).fill(10), ...Array<number>(40).fill(110)]);
    const { roundTripMs, queueingMs } = measurement.at(50_000);
    expect(roundTripMs).toBeCloseTo(110, 0);
    expect(queueingMs).toBeCloseTo(100, 0);
    // After some minutes the longer way is the way.
    for (let i = 50; i < 400; i += 1) measurement.answered(110, i * 1_000);
    expect(measurement.at(400_000).queueingMs).toBeCloseTo(0, 6);
  });

  test('successes and uptime are shares of probes and of the time between them', () => {
    const measured = probed([10, 10, null, null, 10]).at(4_000);
    expect(measured.successRate).toBeCloseTo(3 / 5, 6);
    expect(measured.uptime).toBeCloseTo(2 / 4, 6);
    expect(measured.observedMs).toBe(4_000);
  });

  test('silence before the first answer says nothing', () => {
    expect(probed([null, null, null]).at(3_000)).toMatchObject({ successRate: null, uptime: null });
    expect(probed([null, null, 10, 10]).at(4_000)).toMatchObject({ successRate: 1, uptime: 1 });
  });

  test('of probes and packets the lesser share of successes counts', () => {
    const measurement = probed([10, 10, 10]);
    measurement.carried({ delivered: 70, lost: 30, marked: 0, deliveredBytes: 1 }, false, 3_000);
    expect(measurement.at(3_000).successRate).toBeCloseTo(0.7, 6);
    expect(measurement.at(3_000).outcomes).toBe(103);
  });

  test('what is lost while it says that it is full is no failure of its', () => {
    const measurement = probed([10, 10, 10]);
    measurement.carried({ delivered: 30, lost: 70, marked: 0, deliveredBytes: 1 }, true, 3_000);
    expect(measurement.at(3_000).successRate).toBe(1);
  });

  test('throughput is the best second of what was delivered, and a limit where some was marked or lost', () => {
    const measurement = new GatewayMeasurement();
    const carry = (atMs: number, deliveredBytes: number, marked: number): void =>
      measurement.carried({ delivered: 40, lost: 0, marked, deliveredBytes }, false, atMs);
    carry(0, 0, 0);
    carry(1_000, 50_000, 0);
    expect(measurement.at(1_000)).toMatchObject({ throughput: 50_000, limit: null });
    carry(2_000, 0, 0);
    carry(3_000, 80_000, 20);
    expect(measurement.at(3_000)).toMatchObject({ throughput: 80_000, limit: 80_000 });
    // More got through without marks: the limit is gone.
    carry(4_000, 0, 0);
    carry(5_000, 90_000, 0);
    expect(measurement.at(5_000)).toMatchObject({ throughput: 90_000, limit: null });
  });
});
