// Whether the table was there: acknowledged bets show that it was; which processes and links are whole shows whether it
// could have been. Time comes from outside, so that it can be checked against runs that are made up.

import type { FaultEvent } from '../../sim/faults/fault.ts';
import type { Role } from '../up/plan.ts';
import type { PlannedLink } from './chaos-plan.ts';

/** Bets come several times in this time; without any, the table counts as down from its end on. */
export const DOWN_AFTER_MS = 1_000;

export interface WatchedNode {
  readonly name: string;
  readonly role: Role;
}

export interface TableAvailability {
  /** 0–1: of the time, bets were acknowledged no more than `DOWN_AFTER_MS` before. */
  readonly availability: number;
  /** Longest time without an acknowledged bet of anybody. */
  readonly longestSilenceMs: number;
  /** The same, as far as the validator ran and a running player had a way to it, without a break. */
  readonly longestDownMs: number;
  /** 0–1: of the time, the validator ran and a running player had a way to it. */
  readonly reachable: number;
}

interface Span {
  readonly beginMs: number;
  readonly endMs: number;
}

export class TableWatch {
  readonly #nodes: readonly WatchedNode[];
  /** `null` where links are not known: each node that runs then counts as connected. */
  readonly #links: readonly PlannedLink[] | null;
  /** Not listening: the last that happened to each, its kill or the restart that is under way. */
  readonly #down = new Map<string, FaultEvent>();
  readonly #paused = new Set<string>();
  readonly #cut = new Set<string>();
  readonly #acknowledgedAtMs: number[] = [];
  /** When the table could be reached. */
  readonly #spans: Span[] = [];
  #reachableSinceMs: number | null = 0;

  constructor(nodes: readonly WatchedNode[], links: readonly PlannedLink[] | null) {
    this.#nodes = nodes;
    this.#links = links;
  }

  /** A bet of anybody was acknowledged. Times do not fall. */
  acknowledged(atMs: number): void {
    this.#acknowledgedAtMs.push(atMs);
  }

  /** Something was broken, or mended. Who is started again is back once it `listens`. */
  happened(event: FaultEvent, atMs: number): void {
    if (event.kind === 'kill' || event.kind === 'restart') this.#down.set(event.node, event);
    else if (event.kind === 'pause') this.#paused.add(event.node);
    else if (event.kind === 'resume') this.#paused.delete(event.node);
    else if (event.kind === 'cut') this.#cut.add(event.link);
    else if (event.kind === 'mend') this.#cut.delete(event.link);
    this.#look(atMs);
  }

  /** This very restart, as it `happened`, came to its end; `false`: by another kill, whatever came after that. */
  listens(restart: FaultEvent, atMs: number): boolean {
    if (restart.kind !== 'restart' || this.#down.get(restart.node) !== restart) return false;
    this.#down.delete(restart.node);
    this.#look(atMs);
    return true;
  }

  #look(atMs: number): void {
    const isReachable = this.#isReachable();
    if (isReachable) this.#reachableSinceMs ??= atMs;
    else this.#close(atMs);
  }

  /** Over the time from 0 to `endMs`. */
  result(endMs: number): TableAvailability {
    const spans = [...this.#spans];
    if (this.#reachableSinceMs !== null) {
      spans.push({ beginMs: this.#reachableSinceMs, endMs });
    }
    const times = [0, ...this.#acknowledgedAtMs.filter((atMs) => atMs <= endMs), endMs];
    let [downMs, longestSilenceMs, longestDownMs] = [0, 0, 0];
    for (const [at, beginMs] of times.slice(0, -1).entries()) {
      const silence = { beginMs, endMs: times[at + 1] ?? endMs };
      const silenceMs = silence.endMs - beginMs;
      downMs += Math.max(0, silenceMs - DOWN_AFTER_MS);
      longestSilenceMs = Math.max(longestSilenceMs, silenceMs);
      for (const span of spans) longestDownMs = Math.max(longestDownMs, overlapMs(silence, span));
    }
    const reachableMs = spans.reduce((sum, span) => sum + span.endMs - span.beginMs, 0);
    return {
      availability: 1 - downMs / endMs,
      longestSilenceMs,
      longestDownMs,
      reachable: reachableMs / endMs,
    };
  }

  #close(atMs: number): void {
    if (this.#reachableSinceMs === null) return;
    this.#spans.push({ beginMs: this.#reachableSinceMs, endMs: atMs });
    this.#reachableSinceMs = null;
  }

  #runs(node: string): boolean {
    return !this.#down.has(node) && !this.#paused.has(node);
  }

  #isReachable(): boolean {
    const validator = this.#nodes.find(({ role }) => role === 'validator');
    if (validator === undefined || !this.#runs(validator.name)) return false;
    const reached = this.#reachedFrom(validator.name);
    return this.#nodes.some(({ name, role }) => role === 'player' && reached.has(name));
  }

  #reachedFrom(start: string): ReadonlySet<string> {
    const links = this.#links;
    if (links === null) {
      const running = this.#nodes.map(({ name }) => name).filter((name) => this.#runs(name));
      return new Set(running);
    }
    const whole = links.filter(({ name }) => !this.#cut.has(name));
    const reached = new Set([start]);
    // What is added while it is walked is walked, too.
    for (const node of reached) {
      for (const { from, to } of whole) {
        const other = from === node ? to : to === node ? from : null;
        if (other !== null && this.#runs(other)) reached.add(other);
      }
    }
    return reached;
  }
}

function overlapMs(a: Span, b: Span): number {
  return Math.max(0, Math.min(a.endMs, b.endMs) - Math.max(a.beginMs, b.beginMs));
}
