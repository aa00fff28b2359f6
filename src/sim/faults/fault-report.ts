// What a simulated mesh promised while things broke, and what it kept.

import type { Fault } from './fault-list.ts';
import type { KeptPromise } from './kept-promise.ts';
import type { LeftOut } from './schedule-faults.ts';

/** A message that comes later than this does not count as available, though it counts as delivered. */
export const AVAILABLE_WITHIN_MS = 1_000;

/** How long messages were under way to the application, those included that had to be repeated or sent another way. */
export interface Waits {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** Its names are not those of `MeshRunReport`, but `faults`: as JSON the two are one document. */
export interface FaultReport {
  /** What was done when, each from its beginning to its end. */
  readonly faults: readonly Fault[];
  readonly leftOut: readonly LeftOut[];
  /** Messages with acknowledgements that nodes sent each other while things broke. */
  readonly sent: number;
  /** Their senders heard that they came. */
  readonly acknowledged: number;
  /** Acknowledged, and never handed to anybody. */
  readonly lost: number;
  /** Handed over a second time to the same process. */
  readonly twice: number;
  /** Of bets and their ledger, which a simulated mesh has none of: nothing to measure. `bitcraps chaos` has. */
  readonly resolvedTwice: null;
  readonly supplyConserved: null;
  /** Their senders heard that nobody acknowledged them in time. */
  readonly expired: number;
  /** Neither acknowledged nor expired at the end, though their senders lived on. */
  readonly unanswered: number;
  /** Given up with their senders' processes. */
  readonly diedWithSender: number;
  /** Refused at their senders, by code. */
  readonly refused: Readonly<Record<string, number>>;
  /** 0–1: of messages between two nodes with a way between them as they were sent, so many came within a second. */
  readonly availability: number | null;
  /** Of messages between two nodes with a way between them as they were sent, that came; `null` if none did. */
  readonly waits: Waits | null;
  /** From the end of the last fault until every pair had a message through that was sent after it; `null`: not all had. */
  readonly allBackMs: number | null;
  readonly promises: readonly KeptPromise[];
  readonly kept: boolean;
}
