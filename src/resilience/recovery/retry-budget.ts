// How much a node may spend on getting back what it lost: a floor, so that one who lost everything can still try, and
// beyond it a share of what succeeded, so that retries cannot become the load that keeps others down. Token buckets after
// Finagle's RetryBudget and gRPC's retry throttling (gRFC A6): one for the whole node, one for each thing that is retried.

import type { Clock } from '../../env/clock.ts';

export interface RetryBudgetLimits {
  /** Attempts that each success pays for. */
  readonly successShare: number;
  /** Of one subject: attempts at once, and in the long run without any success. */
  readonly subjectBurst: number;
  readonly subjectPerSecond: number;
  /** Of all together. */
  readonly wholeBurst: number;
  readonly wholePerSecond: number;
  /** Subjects whose buckets are kept; the one used longest ago is forgotten, which fills its bucket, not the whole's. */
  readonly subjectsMax: number;
}

export const RETRY_BUDGET_LIMITS: RetryBudgetLimits = {
  // Finagle's default: one retry for five requests that went well.
  successShare: 0.2,
  // Two plans of five attempts without a pause; then an attempt in two seconds, somewhat more than pauses of up to 5 s give.
  subjectBurst: 10,
  subjectPerSecond: 0.5,
  // Finagle's floor of ten in a second, for ten seconds.
  wholeBurst: 100,
  wholePerSecond: 10,
  subjectsMax: 1_024,
};

/**
 * What strangers ask for or announce is paid out of budgets of its own, so that it neither uses up what is there to get
 * somebody back nor fills the buckets of those, nor is held up by them. There are two such budgets, which together make
 * no more of a load than one for the node.
 */
export const STRANGERS_BUDGET_LIMITS: RetryBudgetLimits = {
  ...RETRY_BUDGET_LIMITS,
  wholeBurst: RETRY_BUDGET_LIMITS.wholeBurst / 2,
  wholePerSecond: RETRY_BUDGET_LIMITS.wholePerSecond / 2,
};

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export class RetryBudget {
  readonly #clock: Clock;
  readonly #limits: RetryBudgetLimits;
  readonly #whole: Bucket;
  /** The one used longest ago first. */
  readonly #subjects = new Map<string, Bucket>();
  /** Attempts that were put off, each once, however long it waits. */
  refused = 0;

  /** Starts full. */
  constructor(clock: Clock, limits: RetryBudgetLimits = RETRY_BUDGET_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
    this.#whole = { tokens: limits.wholeBurst, filledAtMs: clock.now() };
  }

  /** Attempts that are left for the whole node now. */
  get left(): number {
    this.#fillWhole();
    return Math.floor(this.#whole.tokens);
  }

  /**
   * Pays for one attempt at `subject`, out of its own bucket and the whole's, or out of neither. `isWaiting`: the same
   * attempt was put off before.
   */
  take(subject: string, isWaiting: boolean = false): boolean {
    const own = this.#bucketOf(subject);
    this.#fillWhole();
    if (own.tokens < 1 || this.#whole.tokens < 1) {
      if (!isWaiting) this.refused += 1;
      return false;
    }
    own.tokens -= 1;
    this.#whole.tokens -= 1;
    return true;
  }

  /** Milliseconds until an attempt at `subject` may be paid for, if nobody else takes any; 0 if it may be now. */
  waitMs(subject: string): number {
    const { subjectPerSecond, wholePerSecond } = this.#limits;
    const own = this.#bucketOf(subject);
    this.#fillWhole();
    return Math.max(waitOf(own, subjectPerSecond), waitOf(this.#whole, wholePerSecond));
  }

  /** An attempt at `subject` did what it was for. */
  succeeded(subject: string): void {
    const { successShare, subjectBurst, wholeBurst } = this.#limits;
    const own = this.#bucketOf(subject);
    this.#fillWhole();
    own.tokens = Math.min(subjectBurst, own.tokens + successShare);
    this.#whole.tokens = Math.min(wholeBurst, this.#whole.tokens + successShare);
  }

  #fillWhole(): void {
    const { wholeBurst, wholePerSecond } = this.#limits;
    fill(this.#whole, this.#clock.now(), wholeBurst, wholePerSecond);
  }

  #bucketOf(subject: string): Bucket {
    const { subjectBurst, subjectPerSecond, subjectsMax } = this.#limits;
    const nowMs = this.#clock.now();
    const bucket = this.#subjects.get(subject) ?? { tokens: subjectBurst, filledAtMs: nowMs };
    fill(bucket, nowMs, subjectBurst, subjectPerSecond);
    this.#subjects.delete(subject);
    const oldest =
      this.#subjects.size >= subjectsMax ? this.#subjects.keys().next().value : undefined;
    if (oldest !== undefined) this.#subjects.delete(oldest);
    this.#subjects.set(subject, bucket);
    return bucket;
  }
}

function fill(bucket: Bucket, nowMs: number, burst: number, perSecond: number): void {
  const grown = ((nowMs - bucket.filledAtMs) * perSecond) / 1_000;
  bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, grown));
  bucket.filledAtMs = nowMs;
}

function waitOf({ tokens }: Bucket, perSecond: number): number {
  return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1_000) / perSecond);
}
