import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from './clock.ts';

describe('systemClock', () => {
  beforeEach(
    () => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }),
  );
  afterEach(() => void vi.useRealTimers());

  test('waits longer than 2^31 ms', () => {
    const run = vi.fn<() => void>();
    const days = 86_400_000;
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    systemClock.after(60 * days, run);
    vi.advanceTimersByTime(60 * days - 1000);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(run).toHaveBeenCalledTimes(1);
    expect(setTimer).toHaveBeenCalledTimes(3);
  });

  test('what was due before now is due at once', () => {
    const run = vi.fn<() => void>();
    const setTimer = vi.spyOn(globalThis, 'setTimeout');
    systemClock.after(-0.001, run);
    expect(setTimer).toHaveBeenLastCalledWith(expect.any(Function), 0);
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledTimes(1);
  });

  test('a cancelled timer does not fire, at whichever piece of the wait', () => {
    const run = vi.fn<() => void>();
    const timer = systemClock.after(2 ** 32, run);
    vi.advanceTimersByTime(2 ** 31 + 10);
    timer.cancel();
    timer.cancel();
    vi.advanceTimersByTime(2 ** 33);
    expect(run).not.toHaveBeenCalled();
  });

  test('never fires synchronously, and tells both clocks', () => {
    const run = vi.fn<() => void>();
    systemClock.after(0, run);
    expect(run).not.toHaveBeenCalled();
    const [now, wall] = [systemClock.now(), systemClock.wallMs()];
    vi.advanceTimersByTime(1500);
    expect(run).toHaveBeenCalledTimes(1);
    expect(systemClock.now() - now).toBe(1500);
    expect(systemClock.wallMs() - wall).toBe(1500);
  });
});
