// One connection at the gate, from its arrival to its end, whichever of the two sides ends it: each place that it takes
// is given back once.

import type { Caller, Failing, Held, RefusalReason, Verdict, Visit } from '../../env/admission.ts';
import type { Origin } from './address-prefix.ts';

/** A handshake must bring in so much, once its time of grace is over: TCP's slow start at its slowest gives more. */
const HANDSHAKE_BYTES_PER_SECOND_MIN = 100;
/** A busy phone may take its time; while others wait for its place, less. */
const GRACE_MS = 3_000;
const GRACE_MS_PRESSED = 1_000;

/** Where a connection stands. */
export type Stage = 'half-open' | 'link' | 'gone';

/** What a visit asks of its gate. */
export interface VisitHost {
  begin(visit: GateVisit, answer: Uint8Array | null): Verdict;
  prove(visit: GateVisit, remoteKey: Uint8Array): RefusalReason | null;
  hold(held: Held): void;
  fail(visit: GateVisit, reason: Failing): void;
  /** It is gone from `stage`. */
  left(visit: GateVisit, stage: Exclude<Stage, 'gone'>): void;
}

export class GateVisit implements Visit {
  readonly caller: Caller;
  readonly origin: Origin;
  /** Proved; `null` before. */
  key: Uint8Array | null = null;
  /** The key that an answer to a challenge was for. */
  claimed: Uint8Array | null = null;
  held: Held | null = null;
  readonly #gate: VisitHost;
  readonly #atMs: number;
  #stage: Stage = 'half-open';

  readonly looks: boolean;

  constructor(gate: VisitHost, caller: Caller, origin: Origin, nowMs: number, looks: boolean) {
    this.#gate = gate;
    this.looks = looks;
    this.caller = caller;
    this.origin = origin;
    this.#atMs = nowMs;
  }

  isSlow(nowMs: number, pressed: boolean): boolean {
    const ms = nowMs - this.#atMs - (pressed ? GRACE_MS_PRESSED : GRACE_MS);
    return ms > 0 && this.caller.receivedBytes() < (ms / 1000) * HANDSHAKE_BYTES_PER_SECOND_MIN;
  }

  begin(answer: Uint8Array | null): Verdict {
    if (this.#stage !== 'half-open') return { kind: 'refused', reason: 'half-open-evicted' };
    return this.#gate.begin(this, answer);
  }

  prove(remoteKey: Uint8Array): RefusalReason | null {
    if (this.#stage !== 'half-open') return 'half-open-evicted';
    const reason = this.#gate.prove(this, remoteKey);
    if (reason !== null) return reason;
    this.key = remoteKey;
    this.#stage = 'link';
    return null;
  }

  holds(held: Held): void {
    if (this.#stage !== 'link') return;
    this.held = held;
    this.#gate.hold(held);
  }

  fail(reason: Failing): void {
    if (this.#stage === 'gone') return;
    this.#gate.fail(this, reason);
    this.leave();
  }

  leave(): void {
    const stage = this.#stage;
    if (stage === 'gone') return;
    this.#stage = 'gone';
    this.#gate.left(this, stage);
  }
}
