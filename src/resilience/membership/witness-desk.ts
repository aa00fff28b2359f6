// The answering side of indirect probes: a neighbour of somebody who is suspected looks whether it is there, tells it of the
// suspicion on the way (Lifeguard's buddy system, section IV-C: whoever is suspected hears of it first from those who probe
// it), and answers either way, so that the asker can tell a dead subject from a deaf self (Lifeguard's nack, section IV-A).

import { bytesEqual } from '../../core/bytes.ts';
import { createTokenBucket } from '../../core/token-bucket.ts';
import type { Finding } from './verdict.ts';

/** Questions that wait for their subject. */
export const QUESTIONS_MAX = 64;
/** More than a mesh asks of one node when several of its neighbours die at once. */
const QUESTIONS_BURST = 64;
const QUESTIONS_PER_SECOND = 16;

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
  ask(subject: Uint8Array, number: number, incarnation: bigint): void;
  answer(question: Question, finding: Finding, incarnation: bigint): void;
  /** When the subject was last heard over an own link, `null` without one. */
  heardAtMs(subject: Uint8Array): number | null;
  /** Whether this node may say of the subject that it is silent. */
  mayAccuse(subject: Uint8Array): boolean;
}

export class WitnessDesk {
  readonly #deps: WitnessDeskDeps;
  readonly #rate = createTokenBucket(QUESTIONS_BURST, QUESTIONS_PER_SECOND);
  #open: readonly Open[] = [];

  constructor(deps: WitnessDeskDeps) {
    this.#deps = deps;
  }

  get nextAtMs(): number {
    return this.#open.reduce((min, { untilMs }) => Math.min(min, untilMs), Infinity);
  }

  /** Whether one more is looked into. */
  takes(nowMs: number): boolean {
    return this.#open.length < QUESTIONS_MAX && this.#rate.take(nowMs);
  }

  open(question: Question, number: number, nowMs: number, waitMs: number): void {
    this.#open = [
      ...this.#open,
      { ...question, number, askedAtMs: nowMs, untilMs: nowMs + waitMs },
    ];
    this.#deps.ask(question.subject, number, question.incarnation);
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
