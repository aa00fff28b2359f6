import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  LOCAL_HEALTH_MAX,
  LOCAL_PAUSE_MS,
  LocalHealth,
  SUSPECTED_SCORE_MAX,
} from './local-health.ts';

describe('local health', () => {
  test('stays within its bounds, whatever happens', () => {
    const step = fc.record({
      afterMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
      lateMs: fc.double({ min: 0, max: 60_000, noNaN: true }),
      kind: fc.constantFrom('timer', 'failed', 'succeeded'),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const health = new LocalHealth();
        let nowMs = 0;
        let lastPausedMs = 0;
        for (const { afterMs, lateMs, kind } of steps) {
          nowMs += afterMs;
          if (kind === 'timer') health.timerFired(Math.min(lateMs, nowMs), nowMs);
          else if (kind === 'failed') health.failed(nowMs);
          else health.succeeded(nowMs);
          const { localHealth, localPausedMs } = health.snapshot(nowMs);
          expect(localHealth).toBeGreaterThanOrEqual(0);
          expect(localHealth).toBeLessThanOrEqual(LOCAL_HEALTH_MAX);
          expect(health.multiplier(nowMs)).toBe(1 + localHealth);
          // Time is not counted twice, however many timers tell of it.
          expect(localPausedMs).toBeGreaterThanOrEqual(lastPausedMs);
          expect(localPausedMs).toBeLessThanOrEqual(nowMs + 1e-6);
          lastPausedMs = localPausedMs;
        }
      }),
    );
  });

  test('counts one pause once, and nobody is convicted just after it', () => {
    const health = new LocalHealth();
    expect(health.quietUntilMs).toBeLessThan(0);
    health.timerFired(700, 10_000);
    health.timerFired(400, 10_001);
    health.timerFired(LOCAL_PAUSE_MS, 10_001);
    expect(health.snapshot(10_001)).toEqual({
      localHealth: 2,
      localPauses: 1,
      localPausedMs: 701,
    });
    expect(health.quietUntilMs).toBe(10_700);
    health.timerFired(200, 20_000);
    expect(health.snapshot(20_000).localPauses).toBe(2);
  });

  test('takes timers that are a little late for what they are', () => {
    const health = new LocalHealth();
    for (let nowMs = 0; nowMs < 60_000; nowMs += 100) health.timerFired(LOCAL_PAUSE_MS, nowMs);
    expect(health.snapshot(60_000)).toEqual({ localHealth: 0, localPauses: 0, localPausedMs: 0 });
  });

  test('rises with failed probes, falls with answers, and with time alone', () => {
    const health = new LocalHealth();
    for (let i = 0; i < 20; i += 1) health.failed(1_000);
    expect(health.multiplier(1_000)).toBe(9);
    health.succeeded(1_000);
    health.succeeded(1_000);
    expect(health.score(1_000)).toBe(6);
    expect(health.score(21_500)).toBe(4);
    expect(health.score(1_000_000)).toBe(0);
    health.succeeded(1_000_000);
    expect(health.score(1_000_000)).toBe(0);
  });

  test('falls by one in ten seconds, whoever suspects it in between', () => {
    const health = new LocalHealth();
    health.suspected(1_000);
    health.suspected(10_999);
    expect(health.score(10_999)).toBe(2);
    expect(health.score(11_000)).toBe(1);
    expect(health.score(20_999)).toBe(1);
    expect(health.score(21_000)).toBe(0);
    health.suspected(25_000);
    expect(health.score(34_999)).toBe(1);
    expect(health.score(35_000)).toBe(0);
  });

  test('is at most three worse for what others suspect, whatever else happens', () => {
    const step = fc.record({
      afterMs: fc.nat({ max: 15_000 }),
      lateMs: fc.nat({ max: 2_000 }),
      kind: fc.constantFrom('timer', 'failed', 'succeeded', 'suspected', 'suspected'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [suspect, unsuspected] = [new LocalHealth(), new LocalHealth()];
        let nowMs = 0;
        for (const { afterMs, lateMs, kind } of steps) {
          nowMs += afterMs;
          if (kind === 'suspected') suspect.suspected(nowMs);
          for (const health of [suspect, unsuspected]) {
            if (kind === 'timer') health.timerFired(Math.min(lateMs, nowMs), nowMs);
            else if (kind === 'failed') health.failed(nowMs);
            else if (kind === 'succeeded') health.succeeded(nowMs);
          }
          const addedBySuspicions = suspect.score(nowMs) - unsuspected.score(nowMs);
          expect(addedBySuspicions).toBeLessThanOrEqual(SUSPECTED_SCORE_MAX);
        }
      }),
    );
  });
});
