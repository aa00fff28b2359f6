// When an alert is raised and when it ends. Two levels and two durations, so that a figure that hovers round one level, or
// crosses it for a moment, wakes nobody; one text for each that says what to do.

import type { Severity } from '../../env/alert-sink.ts';

export interface AlertRule {
  readonly name: string;
  readonly severity: Severity;
  /** The alert is due where the value is at this level or beyond; beyond is up where `raise` > `clear`, else down. */
  readonly raise: number;
  /** It ends where the value is back at this level. */
  readonly clear: number;
  /** How long the value must be beyond `raise` before. */
  readonly forMs: number;
  /** How long the value must be back at `clear`, or gone, before it ends. */
  readonly clearForMs: number;
  /** It says of the whole what others say of its parts: raised only where no critical alert is, or is about to be. */
  readonly isSummary?: true;
  /** What to do. */
  readonly cure: string;
}

export function isDue({ raise, clear }: AlertRule, value: number): boolean {
  return raise > clear ? value >= raise : value <= raise;
}

export function isOver({ raise, clear }: AlertRule, value: number): boolean {
  return raise > clear ? value <= clear : value >= clear;
}
