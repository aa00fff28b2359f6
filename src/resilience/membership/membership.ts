// Who of a mesh is there, silent, dead or gone by its own will: SWIM's suspicion and refutation (Das, Gupta and Motivala
// 2002, sections 3.1 and 4.2) with Lifeguard's extensions (Dadgar, Phillips and Currey 2018, section IV), for a mesh whose
// nodes watch their link neighbours and spread by signed records who is linked to whom.
//
// A suspicion begins with an own link that is silent or lost, or with records of which none leads to a member any more.
// Silence of a link says nothing yet of the node behind it: up to three others that were linked to it are asked, and it
// itself is told by whatever way there is. A verdict needs that no link leads there, that most of those who were linked to
// it say so, in their records or in answer, and that this node hears its own neighbours. What the records say is in all
// nodes' hands already: so verdicts need no messages of their own to spread, and nobody can make up one for others.

import { bytesEqual } from '../../core/bytes.ts';
import { peerIdText, type PeerIdText } from '../../core/peer-id.ts';
import type { Clock, Timer } from '../../env/clock.ts';
import type { Rng } from '../../env/rng.ts';
import type { LocalHealth } from '../detector/local-health.ts';
import { LOCAL_PAUSE_MS } from '../detector/local-health.ts';
import type { FailureTimings } from '../presets.ts';
import { Inquiry } from './inquiry.ts';
import { isTrusted, judge, type Judgement } from './judgement.ts';
import { MemberTable, type Suspicion } from './member-table.ts';
import type { MembershipView } from './membership-view.ts';
import { OwnIncarnation } from './own-incarnation.ts';
import { suspicionTimeoutMs } from './suspicion-timeout.ts';
import type {
  Finding,
  MembershipEvent,
  MembershipMessage,
  MembershipStatistics,
  Refutation,
  Verdict,
} from './verdict.ts';
import { WitnessDesk } from './witness-desk.ts';

/** Lifeguard's β: without anybody's word a suspicion stands so many times as long as with everybody's. */
const SUSPICION_MAX_FACTOR = 6;
/** Records have been silent for some time when they show it: they stand for so much of the failure timeout. */
const RECORDS_SHARE = 1 / 2;
/** Silence before a suspicion counts for at most so much of the failure timeout. */
const HEARD_SHARE_MAX = 1 / 2;
/** A question may take two acknowledgements' time, and its witness so much of that, as Lifeguard's nacks do. */
const QUESTION_ACKS = 2;
const WITNESS_SHARE = 0.8;
/** Suspects that are asked about at a time; others wait for their turn or for records. */
export const INQUIRIES_MAX = 32;
/** Peers that are known to answer questions. */
const SPEAKERS_MAX = 4_096;

export interface MembershipConfig {
  /** PeerId of this node. */
  readonly self: Uint8Array;
  /** Durable, grows with each start: the upper half of the first incarnation. */
  readonly bootEpoch: number;
  readonly timings: FailureTimings;
}

export interface MembershipDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly health: LocalHealth;
  readonly view: MembershipView;
  send(to: Uint8Array, message: MembershipMessage): void;
  tell(event: MembershipEvent): void;
}

/** What became of an own link. `lost`: it ended, and the other end did not say why. */
export type LinkNews = 'works' | 'silent' | 'lost' | 'goodbye';

export class Membership {
  readonly #config: MembershipConfig;
  readonly #deps: MembershipDeps;
  readonly #table = new MemberTable();
  readonly #desk: WitnessDesk;
  readonly #speakers = new Set<PeerIdText>();
  readonly #own: OwnIncarnation;
  #number = 0;
  #indirectProbes = 0;
  /** By the records not there, or gone, and since when: not told yet. */
  #silent: ReadonlyMap<PeerIdText, number> = new Map();
  #viewIsNew = false;
  #isOneLess = false;
  #lookedAtMs = -Infinity;
  #timer: { readonly atMs: number; readonly timer: Timer } | null = null;
  #stopped = false;

  constructor(config: MembershipConfig, deps: MembershipDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#own = new OwnIncarnation(config.bootEpoch);
    this.#desk = new WitnessDesk({
      // Asked for others: no suspicion of this node's own, which would name an incarnation.
      ask: (subject, number) =>
        deps.send(subject, { kind: 'query', number, subject, incarnation: 0n }),
      answer: ({ asker, askerNumber: number, subject }, finding, incarnation) =>
        deps.send(asker, { kind: 'answer', number, subject, finding, incarnation }),
      heardAtMs: (subject) => this.#link(subject)?.heardAtMs ?? null,
      mayAccuse: (subject) => this.#isTrusted(subject),
    });
  }

  verdict(peer: Uint8Array): Verdict {
    return this.#table.verdict(peerIdText(peer));
  }

  /** What partitions want to know of a member that links do not lead to. */
  fate(peer: Uint8Array): 'left' | 'dead' | null {
    const verdict = this.verdict(peer);
    if (verdict === 'left') return 'left';
    return verdict === 'confirmed' ? 'dead' : null;
  }

  statistics(): MembershipStatistics {
    return { ...this.#table.statistics(), indirectProbes: this.#indirectProbes };
  }

  link(peer: Uint8Array, news: LinkNews): void {
    if (this.#stopped) return;
    const nowMs = this.#deps.clock.now();
    if (news === 'works') this.#isThere(peer, 'link', nowMs);
    else if (news === 'goodbye') this.#departed(peer, nowMs);
    else this.#suspect(peer, 'link', this.#link(peer)?.heardAtMs ?? nowMs, nowMs);
    this.#arm();
  }

  /** Links or records changed: what follows from them is looked at soon. */
  changed(): void {
    if (this.#stopped || this.#viewIsNew) return;
    this.#viewIsNew = true;
    this.#arm();
  }

  received(from: Uint8Array, message: MembershipMessage): void {
    if (this.#stopped) return;
    const nowMs = this.#deps.clock.now();
    if (message.kind === 'query') this.#asked(from, message, nowMs);
    else this.#answered(from, message, nowMs);
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.timer.cancel();
  }

  #asked(
    from: Uint8Array,
    { number, subject, incarnation }: MembershipMessage,
    nowMs: number,
  ): void {
    const { self, timings } = this.#config;
    const answer = (finding: Finding, known: bigint): void =>
      this.#deps.send(from, { kind: 'answer', number, subject, finding, incarnation: known });
    if (bytesEqual(subject, from) || !this.#desk.hears(from, nowMs)) return;
    if (bytesEqual(subject, self)) {
      // It may have been slow.
      const isNeighbour = this.#link(from) !== undefined;
      if (isNeighbour && this.#own.suspected(peerIdText(from), incarnation, nowMs)) {
        this.#deps.health.suspected(nowMs);
      }
      answer('alive', this.#own.current);
      return;
    }
    if (!this.#desk.takes(from, nowMs)) return;
    const link = this.#link(subject);
    const isSuspect = this.#table.suspicion(peerIdText(subject))?.by === 'link';
    if (link?.suspect === true || (link === undefined && isSuspect)) {
      answer(this.#isTrusted(subject) ? 'silent' : 'unsure', incarnation);
    } else if (link !== undefined || this.#deps.view.reaches(subject)) {
      const waitMs = WITNESS_SHARE * QUESTION_ACKS * timings.ackTimeoutMsMax;
      const question = { asker: from, askerNumber: number, subject, incarnation };
      this.#desk.open(question, this.#nextNumber(), nowMs, waitMs);
    } else {
      answer('unsure', incarnation);
    }
  }

  #answered(
    from: Uint8Array,
    { number, subject, incarnation, ...rest }: MembershipMessage,
    nowMs: number,
  ): void {
    if (!('finding' in rest)) return;
    const { finding } = rest;
    this.#speaks(peerIdText(from));
    const isItself = bytesEqual(from, subject);
    if (isItself && finding === 'alive') this.#desk.answered(subject, number, incarnation);
    const key = peerIdText(subject);
    const suspicion = this.#table.suspicion(key);
    if (suspicion?.inquiry?.answered(from, number, finding) !== true) return;
    if (finding === 'silent') suspicion.decideAtMs = nowMs;
    if (finding !== 'alive') return;
    // By the number of the question it is fresh, whatever its incarnation; and of that nobody else knows.
    if (isItself) this.#table.heard(key, incarnation);
    this.#isThere(subject, isItself ? 'subject' : 'witness', nowMs);
  }

  #suspect(peer: Uint8Array, by: 'link' | 'records', sinceMs: number, nowMs: number): void {
    // However long it was silent before: others are to be asked, and it is to be told.
    const fromMs = Math.max(
      sinceMs,
      nowMs - HEARD_SHARE_MAX * this.#config.timings.failureTimeoutMs,
    );
    const begun = this.#table.suspect(peer, by, fromMs, nowMs);
    if (begun === null) return;
    this.#deps.tell({ kind: 'suspected', peer, by });
    if (by === 'link') this.#ask(begun, nowMs);
  }

  #isThere(peer: Uint8Array, by: Refutation, nowMs: number): void {
    const before = this.#table.isThere(peerIdText(peer), nowMs);
    if (before === 'suspect') this.#deps.tell({ kind: 'refuted', peer, by });
    else if (before !== 'alive') this.#deps.tell({ kind: 'returned', peer, after: before });
  }

  #departed(peer: Uint8Array, nowMs: number): void {
    if (this.#table.departed(peer, nowMs)) this.#deps.tell({ kind: 'left', peer });
  }

  /** A round of questions: to witnesses, and to the suspect itself by whatever way leads there. */
  #ask(suspicion: Suspicion, nowMs: number): void {
    const { peer } = suspicion;
    const { rng, view, health } = this.#deps;
    if (suspicion.inquiry === null && this.#table.inquiries >= INQUIRIES_MAX) return;
    const witnesses = (view.witnesses(peer) ?? [])
      .filter((witness) => witness.reached && !bytesEqual(witness.peer, this.#config.self))
      .filter((witness) => this.#table.verdict(peerIdText(witness.peer)) === 'alive');
    const inquiry = (suspicion.inquiry ??= new Inquiry());
    const chosen = inquiry.choose(
      witnesses.map((witness) => witness.peer),
      rng,
    );
    const waitMs = QUESTION_ACKS * this.#config.timings.ackTimeoutMsMax * health.multiplier(nowMs);
    inquiry.begin(nowMs + waitMs);
    const incarnation = this.#table.incarnation(peerIdText(peer));
    for (const to of view.reaches(peer) ? [...chosen, peer] : chosen) {
      const number = this.#nextNumber();
      inquiry.asked(to, number);
      this.#indirectProbes += 1;
      this.#deps.send(to, { kind: 'query', number, subject: peer, incarnation });
    }
  }

  #tick(lateMs: number): void {
    const { clock, health } = this.#deps;
    const nowMs = clock.now();
    health.timerFired(lateMs, nowMs);
    if (lateMs > LOCAL_PAUSE_MS) this.#excuse(lateMs);
    this.#desk.tick(nowMs);
    if (this.#lookAtMs() <= nowMs) this.#look(nowMs);
    this.#isOneLess = false;
    for (const suspicion of this.#table.suspicions()) {
      const isAskedAbout = suspicion.inquiry !== null && suspicion.inquiry.untilMs > nowMs;
      // Records are the word of all witnesses already.
      if (suspicion.by === 'link' && !isAskedAbout) this.#roundOver(suspicion, nowMs);
      if (suspicion.decideAtMs <= nowMs) this.#decide(suspicion, nowMs);
    }
    // A witness less to others that are suspected.
    if (this.#isOneLess) for (const other of this.#table.suspicions()) other.decideAtMs = nowMs;
    this.#table.sweep(nowMs);
    this.#arm();
  }

  #excuse(byMs: number): void {
    this.#desk.excuse(byMs);
    for (const suspicion of this.#table.suspicions()) suspicion.sinceMs += byMs;
  }

  #roundOver(suspicion: Suspicion, nowMs: number): void {
    const { inquiry } = suspicion;
    if (inquiry !== null) {
      const { answered, missed } = inquiry.result((peer) => this.#speakers.has(peer));
      const { health } = this.#deps;
      if (missed > 0) health.failed(nowMs);
      else if (answered > 0) health.succeeded(nowMs);
      // More of the same would change nothing; records or the link will.
      const { confirmations, expected } = this.#judge(suspicion.peer, suspicion);
      if (expected > 0 && confirmations >= expected) {
        inquiry.rest();
        return;
      }
    }
    this.#ask(suspicion, nowMs);
  }

  /**
   * What the records say now, if they said it for a moment already: those of the two ends of a link do not come at once, nor
   * do a goodbye and a last record, and a node that lost all its links and has one again told that it had none.
   */
  #look(nowMs: number): void {
    const { view } = this.#deps;
    const settleMs = this.#config.timings.ackTimeoutMsMax;
    this.#viewIsNew = false;
    this.#lookedAtMs = nowMs;
    const before = this.#silent;
    const silent = new Map<PeerIdText, number>();
    for (const { peer, saidGoodbye } of view.unreached()) {
      if (bytesEqual(peer, this.#config.self)) continue;
      const key = peerIdText(peer);
      const verdict = this.#table.verdict(key);
      const isNews = saidGoodbye
        ? verdict !== 'left'
        : verdict === 'alive' && this.#judge(peer, null).areMost;
      if (!isNews) continue;
      const sinceMs = before.get(key) ?? nowMs;
      if (nowMs - sinceMs < settleMs) silent.set(key, sinceMs);
      else if (saidGoodbye) this.#departed(peer, nowMs);
      else this.#suspect(peer, 'records', sinceMs, nowMs);
    }
    for (const { peer, sinceMs } of this.#table.gone()) {
      if (!view.reaches(peer)) continue;
      if (nowMs - sinceMs >= settleMs) this.#isThere(peer, 'records', nowMs);
      else this.#viewIsNew = true;
    }
    this.#silent = silent;
    this.#viewIsNew ||= silent.size > 0;
    for (const suspicion of this.#table.suspicions()) suspicion.decideAtMs = nowMs;
  }

  #decide(suspicion: Suspicion, nowMs: number): void {
    const { peer, by, sinceMs, beganAtMs } = suspicion;
    const { failureTimeoutMs, ackTimeoutMsMax } = this.#config.timings;
    const minMs = by === 'link' ? failureTimeoutMs : failureTimeoutMs * RECORDS_SHARE;
    const againMs = nowMs + ackTimeoutMsMax;
    if (this.#deps.view.reaches(peer)) {
      suspicion.wasRecorded = true;
      // Others may take as long as this node did to notice that their links to it are silent.
      const untilMs = by === 'records' ? nowMs : beganAtMs + failureTimeoutMs;
      if (untilMs <= nowMs) this.#isThere(peer, 'records', nowMs);
      else suspicion.decideAtMs = Math.min(untilMs, againMs);
      return;
    }
    const isRecorded = this.#deps.view.witnesses(peer) !== null;
    suspicion.wasRecorded ||= isRecorded;
    if (!isRecorded && (by === 'records' || suspicion.wasRecorded)) {
      // Who its witnesses were is forgotten, and they may be away with it: nobody can tell any more.
      this.#table.drop(suspicion.key);
      return;
    }
    const { confirmations, expected, areMost } = this.#judge(peer, suspicion);
    const maxMs = SUSPICION_MAX_FACTOR * minMs;
    const dueAtMs = sinceMs + suspicionTimeoutMs(confirmations, expected, minMs, maxMs);
    const { quietUntilMs } = this.#deps.health;
    if (nowMs < dueAtMs) suspicion.decideAtMs = Math.min(dueAtMs, againMs);
    else if (nowMs < quietUntilMs) suspicion.decideAtMs = quietUntilMs;
    else if (!areMost || !this.#isTrusted(peer)) suspicion.decideAtMs = againMs;
    else this.#confirm(suspicion, confirmations, nowMs);
  }

  #confirm({ peer, sinceMs }: Suspicion, witnesses: number, nowMs: number): void {
    if (!this.#table.confirm(peerIdText(peer), nowMs)) return;
    this.#deps.tell({ kind: 'confirmed', peer, witnesses, silentMs: nowMs - sinceMs });
    this.#isOneLess = true;
    this.#viewIsNew = true;
  }

  #judge(peer: Uint8Array, suspicion: Suspicion | null): Judgement {
    return judge(peer, suspicion, this.#config.self, this.#deps.view, this.#table);
  }

  #isTrusted(except: Uint8Array): boolean {
    return isTrusted(except, this.#deps.view, this.#table);
  }

  #link(peer: Uint8Array): ReturnType<MembershipView['links']>[number] | undefined {
    return this.#deps.view.links().find((link) => bytesEqual(link.peer, peer));
  }

  #speaks(peer: PeerIdText): void {
    if (this.#speakers.size < SPEAKERS_MAX) this.#speakers.add(peer);
  }

  #nextNumber(): number {
    this.#number = (this.#number + 1) >>> 0;
    return this.#number;
  }

  #lookAtMs(): number {
    if (!this.#viewIsNew) return Infinity;
    const { ackTimeoutMsMin } = this.#config.timings;
    return this.#lookedAtMs + Math.max(ackTimeoutMsMin, this.#deps.view.looksApartMs());
  }

  #arm(): void {
    if (this.#stopped) return;
    const { clock } = this.#deps;
    const { ackTimeoutMsMax } = this.#config.timings;
    const nowMs = clock.now();
    let dueAtMs = Math.min(this.#lookAtMs(), this.#desk.nextAtMs);
    for (const { by, decideAtMs, inquiry } of this.#table.suspicions()) {
      const roundAtMs = by === 'link' ? (inquiry?.untilMs ?? nowMs + ackTimeoutMsMax) : Infinity;
      dueAtMs = Math.min(dueAtMs, decideAtMs, roundAtMs);
    }
    dueAtMs = Math.min(dueAtMs, this.#table.sweepAtMs);
    if (dueAtMs === Infinity || (this.#timer !== null && this.#timer.atMs <= dueAtMs)) return;
    this.#timer?.timer.cancel();
    const atMs = Math.max(dueAtMs, nowMs);
    const timer = clock.after(atMs - nowMs, () => {
      this.#timer = null;
      if (!this.#stopped) this.#tick(clock.now() - atMs);
    });
    this.#timer = { atMs, timer };
  }
}
