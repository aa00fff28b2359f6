// Where alerts go, as an argument: a webhook, a program, a test. `src/resilience/alerts/` decides what is told and when.

export type Severity = 'warning' | 'critical';

/** Plain data. Times are milliseconds of the node's wall clock. */
export interface Alert {
  /** Rule and subject: the same alert has the same key. */
  readonly key: string;
  readonly rule: string;
  /** Whom or what it is about; empty for the node itself. */
  readonly subject: string;
  readonly severity: Severity;
  /** What was found, for people; of one that lasts, as last found. */
  readonly why: string;
  /** What to do. */
  readonly cure: string;
  /** What was measured: when it was raised in what is told, since then as last found beyond its level. */
  readonly value: number;
  /** When the condition began. */
  readonly sinceMs: number;
  readonly raisedMs: number;
  /** `null` while it lasts. */
  readonly clearedMs: number | null;
}

/** What a receiver gets. */
export interface AlertNotice {
  readonly kind: 'raised' | 'cleared';
  /** One line for people; chat programs show this field. */
  readonly text: string;
  /** PeerId of the node that tells, and the name that people gave it. */
  readonly node: string;
  readonly name: string;
  readonly alert: Alert;
}

/** How one attempt went. `refused`: trying again would change nothing. `detail` holds no secret. */
export type SendOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed' | 'refused'; readonly detail: string };

/** One way to tell people. */
export interface AlertSink {
  /** For logs; holds no secret. */
  readonly name: string;
  /** Ends by itself in bounded time, and never rejects. */
  send(notice: AlertNotice): Promise<SendOutcome>;
  /** Ends what is under way, and what it left running. */
  stop(): void;
}
