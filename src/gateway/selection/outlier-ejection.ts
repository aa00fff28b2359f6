// Takes gateways out of use that fail where others do not, as Envoy ejects outliers: after so many failures in a row, or
// when the share of successes is below the mean of the others by k of their standard deviations. Each time for longer, and
// never more than a share of all, so that a common cause (an own bad link) cannot eject everybody.
//
// Envoy takes mean and deviation over all hosts, the outlier included. Of n hosts none can then be more than √(n − 1)
// deviations below the mean, so that k = 1.9 needs five. A mesh has two or three gateways: here they are those of the others,
// and the deviation is at least the standard error of the judged share itself, so that few samples convict nobody.

export interface EjectionOptions {
  readonly consecutiveFailures: number;
  /** Of the n-th ejection in a row: n times this, at most `maxMs`. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Of all known ones; of two, one may be ejected, a single one never. */
  readonly shareMax: number;
  /** k. */
  readonly deviations: number;
  /** Fewer outcomes are not judged. */
  readonly outcomesMin: number;
  /** A share of successes that is lower than the others' by less than this is no reason. */
  readonly differenceMin: number;
}

export const EJECTION_DEFAULTS: EjectionOptions = {
  consecutiveFailures: 3,
  baseMs: 10_000,
  maxMs: 300_000,
  shareMax: 0.5,
  deviations: 1.9,
  outcomesMin: 10,
  differenceMin: 0.1,
};

export interface SuccessRate {
  readonly key: string;
  /** Share of successes, 0–1, among `outcomes`. */
  readonly rate: number;
  readonly outcomes: number;
}

interface Host {
  failures: number;
  ejectedUntilMs: number;
  /** Ejections in a row; a time in use as long as its last ejection takes one off. */
  times: number;
  lastMs: number;
  returnedAtMs: number;
}

export class OutlierEjection {
  readonly #options: EjectionOptions;
  readonly #hosts = new Map<string, Host>();

  constructor(options: Partial<EjectionOptions> = {}) {
    this.#options = { ...EJECTION_DEFAULTS, ...options };
  }

  /** These are known from now on, and no others. */
  know(keys: Iterable<string>): void {
    const known = new Set(keys);
    for (const key of this.#hosts.keys()) if (!known.has(key)) this.#hosts.delete(key);
    for (const key of known) {
      if (this.#hosts.has(key)) continue;
      this.#hosts.set(key, {
        failures: 0,
        ejectedUntilMs: -Infinity,
        times: 0,
        lastMs: 0,
        returnedAtMs: -Infinity,
      });
    }
  }

  succeeded(key: string): void {
    const host = this.#hosts.get(key);
    if (host !== undefined) host.failures = 0;
  }

  /** Whether it was ejected for that. */
  failed(key: string, nowMs: number): boolean {
    const host = this.#hosts.get(key);
    if (host === undefined) return false;
    host.failures += 1;
    return host.failures >= this.#options.consecutiveFailures && this.#eject(host, nowMs);
  }

  /** Something proved it bad: it is ejected unless too many are. */
  convict(key: string, nowMs: number): boolean {
    const host = this.#hosts.get(key);
    return host !== undefined && this.#eject(host, nowMs);
  }

  /** Compares the shares of successes; the keys that were ejected. Call it at an interval. */
  judge(rates: readonly SuccessRate[], nowMs: number): readonly string[] {
    const { outcomesMin, deviations, differenceMin } = this.#options;
    const judged = rates.filter(
      ({ key, outcomes }) =>
        outcomes >= outcomesMin && this.#hosts.has(key) && !this.isEjected(key, nowMs),
    );
    return judged
      .toSorted((a, b) => a.rate - b.rate)
      .filter(({ key, rate, outcomes }) => {
        const others = judged.filter((other) => other.key !== key);
        if (others.length === 0) return false;
        const mean = others.reduce((sum, other) => sum + other.rate, 0) / others.length;
        const variance =
          others.reduce((sum, other) => sum + (other.rate - mean) ** 2, 0) / others.length;
        const standardError = Math.sqrt((rate * (1 - rate)) / outcomes);
        const deviation = Math.max(Math.sqrt(variance), standardError);
        const threshold = mean - Math.max(differenceMin, deviations * deviation);
        return rate < threshold && this.convict(key, nowMs);
      })
      .map(({ key }) => key);
  }

  isEjected(key: string, nowMs: number): boolean {
    return this.remainingMs(key, nowMs) > 0;
  }

  /** 0 for one in use. */
  remainingMs(key: string, nowMs: number): number {
    return Math.max(0, (this.#hosts.get(key)?.ejectedUntilMs ?? 0) - nowMs);
  }

  /** Failures since the last success. */
  failures(key: string): number {
    return this.#hosts.get(key)?.failures ?? 0;
  }

  #eject(host: Host, nowMs: number): boolean {
    const { baseMs, maxMs, shareMax } = this.#options;
    if (host.ejectedUntilMs > nowMs) return false;
    let ejected = 0;
    for (const { ejectedUntilMs } of this.#hosts.values()) if (ejectedUntilMs > nowMs) ejected += 1;
    if (ejected + 1 > Math.floor(this.#hosts.size * shareMax)) return false;
    // Time that it was of use since its return is forgiven, an ejection for each length of the last one.
    const goodMs = host.times === 0 ? 0 : Math.max(0, nowMs - host.returnedAtMs);
    const forgiven = host.lastMs === 0 ? 0 : Math.floor(goodMs / host.lastMs);
    host.times = Math.max(0, host.times - forgiven) + 1;
    host.lastMs = Math.min(maxMs, baseMs * host.times);
    host.ejectedUntilMs = nowMs + host.lastMs;
    host.returnedAtMs = host.ejectedUntilMs;
    return true;
  }
}
