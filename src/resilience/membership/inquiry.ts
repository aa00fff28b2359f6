// The asking side of indirect probes (SWIM, Das, Gupta and Motivala 2002, section 3.1): up to three witnesses at a time are
// asked about a suspect, in rounds, and whoever answered in the round before makes room for others. Answers count for the
// round that they were asked in only.

import type { Rng } from '../../env/rng.ts';
import { peerIdText, type PeerIdText } from '../../core/peer-id.ts';
import type { Finding } from './verdict.ts';

/** SWIM's k. */
export const WITNESSES_ASKED_MAX = 3;

interface Asked {
  readonly number: number;
  finding: Finding | null;
}

export interface RoundResult {
  readonly answered: number;
  /**
   * Witnesses that have answered questions before, and did not this time. One that goes on to say nothing counts once: it is
   * rather that one than this node that does not keep up.
   */
  readonly missed: number;
}

export class Inquiry {
  untilMs: number = Infinity;
  /** Those who looked and heard nothing, in whatever round. */
  readonly silent: Set<PeerIdText> = new Set();
  #asked = new Map<PeerIdText, Asked>();
  readonly #before = new Map<PeerIdText, number>();
  /** Those who said nothing when they were asked last. */
  readonly #mute = new Set<PeerIdText>();
  #rounds = 0;

  /** Whom to ask next: those asked least often first, by lot among equals. */
  choose(witnesses: readonly Uint8Array[], rng: Rng): readonly Uint8Array[] {
    return witnesses
      .map((peer) => ({
        peer,
        times: this.#before.get(peerIdText(peer)) ?? 0,
        lot: rng.uint32(),
      }))
      .sort((a, b) => a.times - b.times || a.lot - b.lot)
      .slice(0, WITNESSES_ASKED_MAX)
      .map(({ peer }) => peer);
  }

  begin(untilMs: number): void {
    this.#rounds += 1;
    this.untilMs = untilMs;
    this.#asked = new Map();
  }

  /** Nobody is asked any more. */
  rest(): void {
    this.untilMs = Infinity;
    this.#asked = new Map();
  }

  asked(witness: Uint8Array, number: number): void {
    const key = peerIdText(witness);
    this.#asked.set(key, { number, finding: null });
    this.#before.set(key, this.#rounds);
  }

  /** Whether it answers a question of this round that was not answered yet. */
  answered(witness: Uint8Array, number: number, finding: Finding): boolean {
    const key = peerIdText(witness);
    const asked = this.#asked.get(key);
    if (asked === undefined || asked.number !== number || asked.finding !== null) return false;
    asked.finding = finding;
    this.#mute.delete(key);
    if (finding === 'silent') this.silent.add(key);
    return true;
  }

  /** `speaks`: whether a peer ever answered a question; others may be too old to. */
  result(speaks: (peer: PeerIdText) => boolean): RoundResult {
    let answered = 0;
    let missed = 0;
    for (const [key, { finding }] of this.#asked) {
      if (finding !== null) answered += 1;
      else if (speaks(key) && !this.#mute.has(key)) missed += 1;
      if (finding === null) this.#mute.add(key);
    }
    return { answered, missed };
  }
}
