// The alerts of one node: raised, kept and ended by rules, one for each rule and subject however often its condition is
// met, in bounded memory.

import type { Alert, Severity } from '../../env/alert-sink.ts';
import type { Clock } from '../../env/clock.ts';
import { isDue, isOver, type AlertRule } from './alert-rule.ts';

/** Alerts that are raised or may become so. A condition beyond that is counted and left out. */
export const ALERTS_MAX = 128;
/** Alerts that have ended; the oldest goes first. */
export const ALERT_HISTORY_MAX = 100;
/** How long a raised alert stays while its value cannot be measured. */
export const UNMEASURED_MS_MAX = 3_600_000;

/** What was found at one check. */
export interface AlertCondition {
  readonly rule: AlertRule;
  /** Whom or what it is about; empty for the node itself. */
  readonly subject: string;
  /** `null`: it cannot be measured at present, which neither raises an alert nor ends one. */
  readonly value: number | null;
  /** For people. */
  readonly why: string;
}

export interface AlertChange {
  readonly kind: 'raised' | 'cleared';
  readonly alert: Alert;
}

interface Entry {
  readonly condition: AlertCondition;
  /** Monotonic: since when the value has been beyond `raise`; `null` while it is not. */
  dueSinceMs: number | null;
  /** Monotonic: since when a raised alert could end. */
  overSinceMs: number | null;
  /** Monotonic: since when nothing measures it; `null` while something does. */
  unmeasuredSinceMs: number | null;
  sinceWallMs: number;
  alert: Alert | null;
}

export class AlertBook {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #history: readonly Alert[] = [];
  #raised = 0;
  #leftOut = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Alerts raised since the start. */
  get raised(): number {
    return this.#raised;
  }

  /** Conditions for which there was no room. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Critical ones first, then the oldest. */
  active(): readonly Alert[] {
    const alerts = [...this.#entries.values()].flatMap(({ alert }) => alert ?? []);
    return alerts.toSorted(
      (a, b) => rank(a.severity) - rank(b.severity) || a.raisedMs - b.raisedMs,
    );
  }

  /** Those that have ended, the newest last. */
  history(): readonly Alert[] {
    return this.#history;
  }

  /** Takes all conditions of this moment; one that is not among them counts as over. */
  check(conditions: readonly AlertCondition[]): readonly AlertChange[] {
    const nowMs = this.#clock.now();
    const changes: AlertChange[] = [];
    const met = new Set<string>();
    for (const condition of conditions) {
      const key = keyOf(condition);
      if (met.has(key)) continue;
      met.add(key);
      const change = this.#met(key, condition, nowMs);
      if (change !== null) changes.push(change);
    }
    for (const [key, entry] of this.#entries) {
      if (met.has(key)) continue;
      const change = this.#over(key, entry, nowMs);
      if (change !== null) changes.push(change);
    }
    return changes;
  }

  #met(key: string, condition: AlertCondition, nowMs: number): AlertChange | null {
    const { rule, value, why } = condition;
    const entry = this.#entries.get(key);
    if (value === null) return entry === undefined ? null : this.#unmeasured(key, entry, nowMs);
    if (entry !== undefined) entry.unmeasuredSinceMs = null;
    if (!isDue(rule, value)) {
      if (entry === undefined) return null;
      if (entry.alert === null || isOver(rule, value)) return this.#over(key, entry, nowMs);
      // Between the levels: a raised alert stays.
      entry.overSinceMs = null;
      return null;
    }
    if (entry === undefined && this.#entries.size >= ALERTS_MAX) {
      this.#leftOut += 1;
      return null;
    }
    const due = entry ?? this.#began(key, condition, nowMs);
    due.overSinceMs = null;
    due.dueSinceMs ??= nowMs;
    if (due.alert !== null) {
      // It is told once; who looks sees it as it is now.
      due.alert = { ...due.alert, value, why };
      return null;
    }
    if (rule.isSummary === true && this.#hasCritical()) due.dueSinceMs = nowMs;
    if (nowMs - due.dueSinceMs < rule.forMs) return null;
    due.alert = this.#alert(key, condition, value, due.sinceWallMs);
    this.#raised += 1;
    return { kind: 'raised', alert: due.alert };
  }

  #began(key: string, condition: AlertCondition, nowMs: number): Entry {
    const sinceWallMs = this.#clock.wallMs();
    const entry = {
      condition,
      dueSinceMs: nowMs,
      overSinceMs: null,
      unmeasuredSinceMs: null,
      sinceWallMs,
      alert: null,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #unmeasured(key: string, entry: Entry, nowMs: number): AlertChange | null {
    entry.unmeasuredSinceMs ??= nowMs;
    if (entry.alert === null || nowMs - entry.unmeasuredSinceMs >= UNMEASURED_MS_MAX)
      return this.#over(key, entry, nowMs);
    entry.overSinceMs = null;
    return null;
  }

  /** One that is raised, or about to be. */
  #hasCritical(): boolean {
    return [...this.#entries.values()].some(
      ({ condition }) => condition.rule.severity === 'critical',
    );
  }

  #over(key: string, entry: Entry, nowMs: number): AlertChange | null {
    if (entry.alert === null) {
      this.#entries.delete(key);
      return null;
    }
    entry.overSinceMs ??= nowMs;
    if (nowMs - entry.overSinceMs < entry.condition.rule.clearForMs) return null;
    this.#entries.delete(key);
    const alert = { ...entry.alert, clearedMs: this.#clock.wallMs() };
    this.#history = [...this.#history, alert].slice(-ALERT_HISTORY_MAX);
    return { kind: 'cleared', alert };
  }

  #alert(
    key: string,
    { rule, subject, why }: AlertCondition,
    value: number,
    sinceMs: number,
  ): Alert {
    const { name, severity, cure } = rule;
    const raisedMs = this.#clock.wallMs();
    return {
      key,
      rule: name,
      subject,
      severity,
      why,
      cure,
      value,
      sinceMs,
      raisedMs,
      clearedMs: null,
    };
  }
}

function keyOf({ rule, subject }: AlertCondition): string {
  return subject === '' ? rule.name : `${rule.name}:${subject}`;
}

function rank(severity: Severity): number {
  return severity === 'critical' ? 0 : 1;
}
