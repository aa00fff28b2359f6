// Whether a link still works, how long it takes, and how much it may carry. A ping goes behind the packets it is to
// account for: links keep order, so its pong acknowledges all that went before. Packets thus find a dead link in two
// timeouts (RFC 6298's, within the preset's bounds). An idle link is found by φ: every frame is a heartbeat, and a silence
// that is too long for what is usual on this link makes it suspect, as missing acknowledgements do, whichever is first.
//
// A link without an answer is suspect, not dead: its packets go elsewhere, it is probed, and an answer brings it back once
// flap damping allows. Silence for the failure timeout ends it. A node that was itself held up convicts nobody.

import type { Timer } from '../env/clock.ts';
import { LOCAL_PAUSE_MS } from '../resilience/detector/local-health.ts';
import { createFlapDamping, type FlapDamping } from '../resilience/flap-damping.ts';
import { UNSTRETCHED, type LinkStretch } from '../resilience/power/power-plan.ts';
import { createRoundTrip } from '../resilience/round-trip.ts';
import type { LinkWatchConfig, SuspicionCause } from './link-watch-config.ts';
import { decodePing, encodePing } from './ping.ts';
import { PacketsUnderWay } from './packets-under-way.ts';
import { createSendWindow } from './send-window.ts';

/** Packets ask for an acknowledgement at most this often, unless they fill half of the window. */
export const ACK_INTERVAL_MS = 50;
/** A suspect link is pinged after so long, then after twice that each time, up to the heartbeat. */
const SUSPECT_PROBE_MS = 500;
/** Beats of the other end that a listener waits for before it pings by itself. */
const QUIET_BEATS = 1.25;
/** A new link is pinged so often at once, so that one slow answer does not pass for its round trip. */
const FIRST_PINGS = 3;
const FIRST_PINGS_SPACING_MS = 300;
/** Pings that wait for an answer; older ones are forgotten. */
const PINGS_MAX = 16;
/** What a link is thought to carry before that is measured: bytes that are under way excuse a late answer. */
const BYTES_PER_SECOND_UNKNOWN = 256 * 1024;
/** The rate of a busy link is taken over so much, and then anew. */
const BUSY_BYTES_MAX = 64 * 1024;
/**
 * Packets wait for no answer that is slower than this, however slow one was of late, unless most are: two of these and two
 * intervals between acknowledgements stay below a second. A node that does not trust itself is as many times as patient.
 */
const PATIENCE_MS = 350;
/** Silence waits for an answer so many times as long as the slowest one of late took. */
const SLOW_ANSWER_FACTOR = 1.25;
/** Sums of fractional times need not be exact. */
const ROUNDING_MS = 1;
/** Who was heard within this time need not be asked. */
const NUDGE_QUIET_MS = 250;

interface PingSent {
  readonly number: number;
  readonly atMs: number;
  /** Packets and bytes of any kind that went before it. */
  readonly packets: number;
  readonly bytes: number;
}

export class LinkWatch {
  suspect = false;
  /** The last measured one; `null` before the first. */
  roundTripMs: number | null = null;
  readonly underWay: PacketsUnderWay = new PacketsUnderWay();
  readonly #config: LinkWatchConfig;
  readonly #roundTrip = createRoundTrip();
  readonly #window = createSendWindow();
  #damping: FlapDamping | null = null;
  #pings: readonly PingSent[] = [];
  #pingNumber = 0;
  #pingWanted = false;
  #bytesSent = 0;
  #bytesAnswered = 0;
  #bytesAtPinged = 0;
  /** Packets waited for the window since the last acknowledgement. */
  #limited = false;
  /** The link has had packets under way since then, delivered so much, and met the window. */
  #busySinceMs: number | null = null;
  #busyBytes = 0;
  #busyLimited = false;
  #bufferedBytes = 0;
  #stretch: LinkStretch = UNSTRETCHED;
  #heardAtMs: number;
  #pingedAtMs = -Infinity;
  /** When either end last measured the round trip. */
  #sharedAtMs = -Infinity;
  #answers = 0;
  #isSecondTry = false;
  #suspectAnswers = false;
  /** Asked out of turn: the answer is waited for no longer than if packets waited for it. */
  #isUrgent = false;
  #readmitAtMs = 0;
  #probeMs = SUSPECT_PROBE_MS;
  #ackAtMs = Infinity;
  /** When the transport was last seen to get rid of bytes: somebody takes them. */
  #drainedAtMs = -Infinity;
  #askAtMs = Infinity;
  #probe: { readonly askedAtMs: number; readonly timeoutMs: number } | null = null;
  #timer: { readonly atMs: number; readonly timer: Timer } | null = null;
  #stopped = false;

  constructor(config: LinkWatchConfig) {
    this.#config = config;
    this.#heardAtMs = config.clock.now();
  }

  /** The link carries frames from now on. */
  start(): void {
    this.heard(this.#config.clock.now());
    this.#want();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#timer?.timer.cancel();
    this.#config.detector.release();
  }

  /** φ of the silence until now. */
  get phi(): number {
    const nowMs = this.#config.clock.now();
    return this.#config.detector.phi(nowMs, this.#pauses(nowMs));
  }

  /** Acceptable pauses to grant. One pause of this node was excused already; more of them tell that others will follow. */
  #pauses(nowMs: number): number {
    return Math.max(1, this.#config.localHealth.score(nowMs));
  }

  /** When anything was last heard. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** A frame came, of whatever kind. */
  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
    this.#config.detector.heard(nowMs);
    this.#isSecondTry = false;
    this.#isUrgent = false;
  }

  /** A frame of so many bytes went out that is no packet. */
  sent(bytes: number): void {
    this.#bytesSent += bytes;
  }

  /** A packet went out: `length` bytes at `offset` of `piece`, kept until they are acknowledged. */
  sentPacket(piece: Uint8Array, offset: number, length: number, nowMs: number): void {
    this.#bytesSent += length;
    this.#busySinceMs ??= nowMs;
    const wasIdle = this.underWay.bytes === 0;
    this.underWay.push(piece, offset, length);
    // A ping of the idle link may be under way, with more time to be answered than packets give.
    if (wasIdle && this.#ackAtMs !== Infinity && !this.suspect) {
      this.#ackAtMs = Math.min(this.#ackAtMs, nowMs + this.#timeoutMs());
      this.#arm();
    }
    this.#ask(nowMs);
  }

  /** Whether a packet of so many bytes may go now. */
  mayCarry(bytes: number): boolean {
    const fits = this.underWay.bytes === 0 || this.underWay.bytes + bytes <= this.#window.bytes;
    if (!fits) this.#limited = true;
    return fits;
  }

  /** The payload of the ping that `pingDue` asked for; it goes out now. */
  ping(): Uint8Array {
    const nowMs = this.#config.clock.now();
    this.#setStretch();
    this.#pingWanted = false;
    this.#pingNumber = (this.#pingNumber + 1) >>> 0;
    this.#pingedAtMs = nowMs;
    this.#askAtMs = Infinity;
    const sent = {
      number: this.#pingNumber,
      atMs: nowMs,
      packets: this.underWay.sent,
      bytes: this.#bytesSent,
    };
    this.#pings = [...this.#pings.slice(1 - PINGS_MAX), sent];
    const roundTripMs = this.#config.shares ? this.roundTripMs : null;
    return encodePing({ number: sent.number, roundTripMs });
  }

  /** The other end pinged. `false` if the payload is malformed. */
  pinged(payload: Uint8Array): boolean {
    const ping = decodePing(payload);
    if (ping === null) return false;
    this.#setStretch();
    if (!this.#config.shares) return true;
    if (ping.roundTripMs === null) return true;
    this.#sharedAtMs = this.#config.clock.now();
    this.#bytesAnswered = Math.max(this.#bytesAnswered, this.#bytesAtPinged);
    this.#bytesAtPinged = this.#bytesSent;
    this.#measured(ping.roundTripMs);
    return true;
  }

  /** A pong came. `false` if the payload is malformed. */
  ponged(payload: Uint8Array): boolean {
    const pong = decodePing(payload);
    if (pong === null) return false;
    const index = this.#pings.findIndex(({ number }) => number === pong.number);
    const ping = this.#pings[index];
    if (ping === undefined) return true;
    const nowMs = this.#config.clock.now();
    this.#pings = this.#pings.slice(index + 1);
    this.#bytesAnswered = ping.bytes;
    this.#sharedAtMs = nowMs;
    this.#acknowledged(ping, nowMs);
    this.#measured(nowMs - ping.atMs);
    if (this.suspect) this.#answered(nowMs);
    else this.#ackAtMs = this.#pings.length === 0 ? Infinity : nowMs + this.#timeoutMs();
    this.#answers += 1;
    if (this.#isNew()) this.#askAtMs = nowMs + FIRST_PINGS_SPACING_MS;
    this.#ask(nowMs);
    this.#arm();
    return true;
  }

  #isNew(): boolean {
    const isTold = this.#config.shares && this.#config.role === 'listener';
    return !isTold && this.#answers < FIRST_PINGS;
  }

  /** Pings now; ends the link if nothing at all is heard within `timeoutMs`. */
  probe(timeoutMs: number): void {
    this.#probe = { askedAtMs: this.#config.clock.now(), timeoutMs };
    this.#want();
  }

  /** Something changed around this node: asks whether the other end is still there, unless it was heard just now. */
  nudge(): void {
    const nowMs = this.#config.clock.now();
    if (this.#stopped || this.suspect || this.#config.suspected === null) return;
    if (nowMs - this.#heardAtMs < NUDGE_QUIET_MS) return;
    this.#isUrgent = true;
    this.#ackAtMs = Math.min(this.#ackAtMs, nowMs + this.#timeoutMs());
    this.#want();
  }

  #measured(roundTripMs: number): void {
    this.roundTripMs = roundTripMs;
    this.#roundTrip.measured(roundTripMs, this.#config.clock.now());
    this.#config.measured(roundTripMs);
  }

  #acknowledged(ping: PingSent, nowMs: number): void {
    const ackedBytes = this.underWay.acknowledge(ping.packets, this.#config.arrived);
    if (ackedBytes === 0) return;
    this.#busyBytes += ackedBytes;
    this.#busyLimited ||= this.#limited;
    if (this.#busyLimited && this.#busySinceMs !== null) {
      this.#config.delivered(this.#busyBytes, nowMs - this.#busySinceMs);
    }
    const rate = this.#config.rate();
    this.#window.acknowledged(nowMs - ping.atMs, ackedBytes, this.#limited, rate, nowMs);
    const isIdle = this.underWay.bytes === 0;
    if (isIdle || this.#busyBytes >= BUSY_BYTES_MAX) this.#beginBusy(isIdle ? null : nowMs);
    this.#limited = false;
  }

  #beginBusy(sinceMs: number | null): void {
    this.#busySinceMs = sinceMs;
    this.#busyBytes = 0;
    this.#busyLimited = false;
  }

  /** Asks for an acknowledgement of packets: one at a time, soon or once half of the window is out. */
  #ask(nowMs: number): void {
    const { bytes } = this.underWay;
    if (bytes === 0 || this.#pings.length > 0 || this.#pingWanted) return;
    if (this.suspect && !this.#suspectAnswers) return;
    const atMs = this.#pingedAtMs + ACK_INTERVAL_MS;
    if (atMs <= nowMs || 2 * bytes >= this.#window.bytes) {
      this.#want();
    } else {
      this.#askAtMs = atMs;
      this.#arm();
    }
  }

  #want(): void {
    const nowMs = this.#config.clock.now();
    this.#pingWanted = true;
    if (this.#ackAtMs === Infinity) {
      this.#ackAtMs = nowMs + this.#timeoutMs();
      this.#bufferedBytes = this.#config.bufferedBytes();
    }
    this.#arm();
    this.#config.pingDue();
  }

  /** How long an answer may take from now: round trip, and what is under way before it. */
  #timeoutMs(): number {
    const { ackTimeoutMsMin, ackTimeoutMsMax } = this.#config.timings;
    // Nobody waits for an idle link: there is time to let a lost segment come again.
    const isAwaited = this.underWay.bytes > 0 || this.#isUrgent;
    const minMs = isAwaited ? ackTimeoutMsMin : ackTimeoutMsMax;
    const nowMs = this.#config.clock.now();
    const patienceMs = isAwaited ? this.#pauses(nowMs) * PATIENCE_MS : Infinity;
    const answerMs = this.#roundTrip.timeoutMs(minMs, ackTimeoutMsMax, nowMs, patienceMs);
    return answerMs + this.#aheadMs();
  }

  /** What is under way excuses a late answer. */
  #aheadMs(): number {
    const rate = this.#config.rate() ?? BYTES_PER_SECOND_UNKNOWN;
    return (2 * 1000 * (this.#bytesSent - this.#bytesAnswered)) / rate;
  }

  /** When silence makes the link suspect. An answer that is slow but usual is waited for, too. */
  #silenceAtMs(): number {
    if (this.suspect || this.#config.suspected === null) return Infinity;
    const { detector, localHealth, clock, timings } = this.#config;
    const nowMs = clock.now();
    const slowMs = SLOW_ANSWER_FACTOR * this.#roundTrip.slowestMs(nowMs);
    const answerMs = Math.min(slowMs, 2 * timings.ackTimeoutMsMax);
    const atMs = Math.max(
      detector.convictsAtMs(this.#pauses(nowMs)),
      (this.#pings[0]?.atMs ?? -Infinity) + answerMs,
    );
    const drainedMs = this.#drainedAtMs + timings.ackTimeoutMsMax;
    return Math.max(atMs + this.#aheadMs(), localHealth.quietUntilMs, drainedMs);
  }

  #setStretch(): void {
    this.#stretch = this.#config.stretch();
    this.#config.detector.expectLater((this.#stretch.times - 1) * this.#config.timings.heartbeatMs);
  }

  get #heartbeatMs(): number {
    return this.#stretch.times * this.#config.timings.heartbeatMs;
  }

  get #failureTimeoutMs(): number {
    return this.#stretch.times * this.#config.timings.failureTimeoutMs;
  }

  #beatAtMs(): number {
    if (this.#pingWanted) return Infinity;
    const everyMs = this.#heartbeatMs;
    const { leads, follows } = this.#stretch;
    const isQuiet = follows || (this.#config.role === 'listener' && !leads);
    const beats = this.#config.shares && isQuiet ? QUIET_BEATS : 1;
    const atMs = Math.max(this.#sharedAtMs, this.#pingedAtMs) + beats * everyMs;
    return leads ? Math.floor(atMs / everyMs) * everyMs : atMs;
  }

  #tick(lateMs: number): void {
    const nowMs = this.#config.clock.now();
    const failureTimeoutMs = this.#failureTimeoutMs;
    this.#config.localHealth.timerFired(lateMs, nowMs);
    if (lateMs > LOCAL_PAUSE_MS) this.#excuse(lateMs, nowMs);
    if (nowMs - this.#heardAtMs > failureTimeoutMs - ROUNDING_MS) {
      this.#config.silent(failureTimeoutMs);
      return;
    }
    if (this.#probe !== null && this.#probeAtMs() <= nowMs + ROUNDING_MS) {
      const { askedAtMs, timeoutMs } = this.#probe;
      this.#probe = null;
      if (this.#heardAtMs <= askedAtMs) {
        this.#config.silent(timeoutMs);
        return;
      }
    }
    if (this.#askAtMs <= nowMs) {
      this.#askAtMs = Infinity;
      if (this.#isNew()) this.#want();
      else this.#ask(nowMs);
    }
    if (this.#beatAtMs() <= nowMs) this.#want();
    if (this.#ackAtMs <= nowMs) this.#unanswered(nowMs);
    if (this.#silenceAtMs() <= nowMs) {
      this.#lookAtTransport(nowMs);
      if (this.#silenceAtMs() <= nowMs) this.#suspectNow(nowMs, 'silence');
    }
    this.#arm();
  }

  #lookAtTransport(nowMs: number): void {
    const buffered = this.#config.bufferedBytes();
    if (buffered < this.#bufferedBytes) this.#drainedAtMs = nowMs;
    this.#bufferedBytes = buffered;
  }

  /** This node was held up: what waits to be read counts before anybody is convicted. */
  #excuse(lateMs: number, nowMs: number): void {
    const failureTimeoutMs = this.#failureTimeoutMs;
    const graceMs = Math.min(this.#timeoutMs(), failureTimeoutMs);
    if (this.#probe !== null) this.#probe = { askedAtMs: nowMs, timeoutMs: graceMs };
    if (this.#ackAtMs !== Infinity) this.#ackAtMs = nowMs + graceMs;
    this.#heardAtMs = Math.max(this.#heardAtMs, nowMs + graceMs - failureTimeoutMs);
    this.#config.detector.excuse(lateMs, nowMs);
  }

  #unanswered(nowMs: number): void {
    this.#ackAtMs = Infinity;
    if (this.suspect) {
      this.#suspectAnswers = false;
      this.#probeMs = Math.min(2 * this.#probeMs, this.#heartbeatMs);
      this.#ackAtMs = nowMs + this.#probeMs;
      this.#want();
      return;
    }
    if (this.#pings.length === 0 && !this.#pingWanted) return;
    this.#lookAtTransport(nowMs);
    const signAtMs = Math.max(this.#drainedAtMs, this.#heardAtMs);
    const timeoutMs = this.#timeoutMs();
    if (signAtMs + timeoutMs > nowMs) {
      this.#isSecondTry = false;
      this.#ackAtMs = signAtMs + timeoutMs;
    } else if (!this.#isSecondTry || this.#config.suspected === null) {
      this.#isSecondTry = true;
      this.#ackAtMs = nowMs + timeoutMs;
      this.#want();
    } else if (nowMs < this.#config.localHealth.quietUntilMs) {
      this.#ackAtMs = this.#config.localHealth.quietUntilMs;
    } else {
      this.#suspectNow(nowMs, 'acknowledgement');
    }
  }

  #suspectNow(nowMs: number, cause: SuspicionCause): void {
    this.suspect = true;
    this.#config.detector.leaveOut();
    this.#suspectAnswers = false;
    this.#isSecondTry = false;
    this.#isUrgent = false;
    this.#askAtMs = Infinity;
    this.#beginBusy(null);
    this.#damping ??= createFlapDamping();
    this.#readmitAtMs = nowMs + this.#damping.failed(nowMs);
    this.#probeMs = SUSPECT_PROBE_MS;
    this.#ackAtMs = nowMs + this.#probeMs;
    this.#config.suspected?.(cause);
  }

  /** A suspect link answered. */
  #answered(nowMs: number): void {
    this.#suspectAnswers = true;
    this.#probeMs = SUSPECT_PROBE_MS;
    this.#ackAtMs = this.#readmitAtMs;
    if (nowMs < this.#readmitAtMs) return;
    this.suspect = false;
    this.#ackAtMs = this.#pings.length === 0 ? Infinity : nowMs + this.#timeoutMs();
    this.#config.recovered();
  }

  #probeAtMs(): number {
    return this.#probe === null ? Infinity : this.#probe.askedAtMs + this.#probe.timeoutMs;
  }

  /** One timer for all that may fall due; what is put off is noticed when it fires. */
  #arm(): void {
    if (this.#stopped) return;
    const { clock } = this.#config;
    const dueAtMs = Math.min(
      this.#heardAtMs + this.#failureTimeoutMs,
      this.#probeAtMs(),
      this.#askAtMs,
      this.#beatAtMs(),
      this.#ackAtMs,
      this.#silenceAtMs(),
    );
    const { timer: old = null, atMs: oldAtMs = Infinity } = this.#timer ?? {};
    // Who saves energy does not wake for what was put off.
    if (oldAtMs <= dueAtMs && (this.#stretch === UNSTRETCHED || this.underWay.bytes > 0)) return;
    old?.cancel();
    const nowMs = clock.now();
    const atMs = Math.max(dueAtMs, nowMs);
    const timer = clock.after(atMs - nowMs, () => {
      this.#timer = null;
      if (!this.#stopped) this.#tick(clock.now() - atMs);
    });
    this.#timer = { atMs, timer };
  }
}
