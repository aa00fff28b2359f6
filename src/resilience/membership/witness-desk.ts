// The answering side of indirect probes: a neighbour of somebody who is suspected looks whether it is there, tells it of the
// suspicion on the way (Lifeguard's buddy system, section IV-C: whoever is suspected hears of it first from those who probe
// it), and answers either way, so that the asker can tell a dead subject from a deaf self (Lifeguard's nack, section IV-A).

import { bytesEqual } from '../../core/bytes.ts';
import { peerIdText, type PeerIdText } from '../../core/peer-id.ts';
import { createTokenBucket, type TokenBucket } from '../../core/token-bucket.ts';
import type { Finding } from './verdict.ts';

/** Questions of one asker that wait for their subject, that are heard at once, and in a second after that. */
export const ASKER_QUESTIONS_MAX = 32;
const ASKER_PER_SECOND = 8;
/** The same of all askers: more than a mesh asks of one node when several of its neighbours die at once. */
export const QUESTIONS_MAX = 256;
const QUESTIONS_PER_SECOND = 64;
/** Askers that are told apart. The one heard of longest ago is forgotten first, and would have been heard anyway. */
const ASKERS_MAX = 256;

export interface Question {
  readonly asker: Uint8Array;
  readonly askerNumber: number;
  readonly subject: Uint8Array;
  readonly incarnation: bigint;
}

interface Open extends Question {
  /** Of the message to the subject. */
  readonly number: number;
  readonly askedAtMs: number;
  readonly untilMs: number;
}

export interface WitnessDeskDeps {
  /** Asks the subject itself. */
  ask(subject: Uint8Array, number: number): void;
  answer(question: Question, finding: Finding, incarnation: bigint): void;
  /** When the subject was last heard over an own link, `null` without one. */
  heardAtMs(subject: Uint8Array): number | null;
  /** Whether this node may say of the subject that it is silent. */
  mayAccuse(subject: Uint8Array): boolean;
}

export class WitnessDesk {
  readonly #deps: WitnessDeskDeps;
  readonly #rate = createTokenBucket(QUESTIONS_MAX, QUESTIONS_PER_SECOND);
  /** The one heard of longest ago first. */
  readonly #rates = new Map<PeerIdText, TokenBucket>();
  #open: readonly Open[] = [];

  constructor(deps: WitnessDeskDeps) {
    this.#deps = deps;
  }

  get nextAtMs(): number {
    return this.#open.reduce((min, { untilMs }) => Math.min(min, untilMs), Infinity);
  }

  /** Whether one more of this asker is listened to: who asks too much is heard less himself, and nobody else. */
  hears(asker: Uint8Array, nowMs: number): boolean {
    const key = peerIdText(asker);
    const rate = this.#rates.get(key) ?? createTokenBucket(ASKER_QUESTIONS_MAX, ASKER_PER_SECOND);
    this.#rates.delete(key);
    this.#rates.set(key, rate);
    const [oldest] = this.#rates.keys();
    if (this.#rates.size > ASKERS_MAX && oldest !== undefined) this.#rates.delete(oldest);
    return rate.take(nowMs);
  }

  /** Whether one that was heard is looked into, too. */
  takes(asker: Uint8Array, nowMs: number): boolean {
    if (this.#open.length >= QUESTIONS_MAX) return false;
    const own = this.#open.filter((question) => bytesEqual(question.asker, asker)).length;
    return own < ASKER_QUESTIONS_MAX && this.#rate.take(nowMs);
  }

  open(question: Question, number: number, nowMs: number, waitMs: number): void {
    this.#open = [
      ...this.#open,
      { ...question, number, askedAtMs: nowMs, untilMs: nowMs + waitMs },
    ];
    this.#deps.ask(question.subject, number);
  }

  /** A subject answered the message of this number itself. */
  answered(subject: Uint8Array, number: number, incarnation: bigint): void {
    const left: Open[] = [];
    for (const question of this.#open) {
      const isIt = question.number === number && bytesEqual(question.subject, subject);
      if (isIt) this.#deps.answer(question, 'alive', incarnation);
      else left.push(question);
    }
    this.#open = left;
  }

  /** Answers what is settled: by a frame of whatever kind that came over the link, or by the time that has passed. */
  tick(nowMs: number): void {
    const left: Open[] = [];
    for (const question of this.#open) {
      const heardAtMs = this.#deps.heardAtMs(question.subject);
      if (heardAtMs !== null && heardAtMs > question.askedAtMs) {
        this.#deps.answer(question, 'alive', question.incarnation);
      } else if (question.untilMs > nowMs) {
        left.push(question);
      } else {
        const finding =
          heardAtMs !== null && this.#deps.mayAccuse(question.subject) ? 'silent' : 'unsure';
        this.#deps.answer(question, finding, question.incarnation);
      }
    }
    this.#open = left;
  }

  /** This node was held up: what waits to be read counts first. */
  excuse(byMs: number): void {
    this.#open = this.#open.map((question) => ({ ...question, untilMs: question.untilMs + byMs }));
  }
}
