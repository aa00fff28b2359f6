// Makes of a script what happens to which node and link, and when: all of it drawn from the seed before anything runs, so
// that the same seed breaks the same things at the same times however the run goes.

import { assert } from '../../core/assert.ts';
import { fail, ok, type Result } from '../../core/errors.ts';
import { amountOf } from '../mesh-run/run-options.ts';
import type { SeededRng } from '../seeded-rng.ts';
import type { FaultEvent, FaultScript, FaultStep, FaultTargets } from './fault.ts';
import { faultEvents, type BreakingStep } from './fault-events.ts';
import { OPEN_FOR_MS_MIN } from './parse-faults.ts';

/** What there is to be broken. */
export interface FaultGround {
  readonly nodes: readonly string[];
  /** By what else a script may call a node: which of `nodes` it is. */
  readonly aliases?: ReadonlyMap<string, string>;
  /** Each named by its ends, `a/b`. */
  readonly links: readonly string[];
  /** How long things break; a script that takes longer runs to its end. */
  readonly durationMs: number;
}

export interface FaultSchedule {
  /** Everything is whole again at this time. */
  readonly durationMs: number;
  /** In order of time. */
  readonly events: readonly FaultEvent[];
  readonly leftOut: readonly LeftOut[];
}

/** A step that took less than it says, since other faults held the rest. */
export interface LeftOut {
  /** As it was written. */
  readonly step: string;
  readonly asked: number;
  readonly taken: number;
}

export function leftOutText({ step, asked, taken }: LeftOut): string {
  return `"${step}" took ${taken} of ${asked}: other faults held the rest`;
}

/** Random faults last so long, evenly drawn. */
const RANDOM_FOR_MS_MIN = 1_000;
const RANDOM_FOR_MS_MAX = 8_000;
/** What random faults take away at once: of the nodes, and of the links for each kind of fault; at least one. */
const RANDOM_NODES_SHARE_MAX = 0.2;
const RANDOM_LINKS_SHARE_MAX = 0.25;
/** How often each kind is drawn, relative to the others. */
const RANDOM_WEIGHTS: readonly (readonly [BreakingStep['kind'], number])[] = [
  ['kill', 3],
  ['pause', 2],
  ['cut', 3],
  ['slow', 2],
  ['lose', 2],
  ['skew', 1],
];
const RANDOM_SLOW_MS_MAX = 500;
const RANDOM_LOSE_SHARE_MAX = 0.4;
const RANDOM_SKEW_MS_MAX = 60_000;
const RANDOM_EVENTS_MAX = 100_000;

/** What a fault takes: of one node or link, each at most once at a time. */
type Property = 'process' | 'clock' | 'cut' | 'delay' | 'loss';

const PROPERTY: Readonly<Record<BreakingStep['kind'], Property>> = {
  kill: 'process',
  pause: 'process',
  skew: 'clock',
  cut: 'cut',
  slow: 'delay',
  lose: 'loss',
};

/** Names of the network that an error lists. */
const KNOWN_LISTED_MAX = 12;

type Refusal = 'SIM_FAULTS_TARGET_UNKNOWN' | 'SIM_FAULTS_TOO_MANY';

/**
 * The last events, at the schedule's `durationMs` at the latest, end what is left. A step takes only what no fault of its
 * kind holds. Errors: a step that names a stranger, or takes more than there is.
 */
export function scheduleFaults(
  script: FaultScript,
  ground: FaultGround,
  rng: SeededRng,
): Result<FaultSchedule, Refusal> {
  const durationMs = Math.max(ground.durationMs, scriptEndMs(script));
  const schedule = new Schedule({ ...ground, durationMs }, rng);
  if (script.kind === 'random') schedule.draw(script.perSecond);
  else {
    for (const step of script.steps) {
      const refused = schedule.refuses(step);
      if (!refused.ok) return refused;
      schedule.take(step);
    }
  }
  return ok(schedule.finish());
}

/** When the last step of a script is over; 0 for a random one. Each has begun by then. */
function scriptEndMs(script: FaultScript): number {
  if (script.kind === 'random') return 0;
  const ends = script.steps.map((step, at) => {
    if (step.kind === 'heal') return step.atMs;
    if (step.forMs !== null) return step.atMs + step.forMs;
    const heal = script.steps.slice(at + 1).find(({ kind }) => kind === 'heal');
    return heal?.atMs ?? step.atMs + OPEN_FOR_MS_MIN;
  });
  return Math.max(0, ...ends);
}

interface Held {
  readonly kind: BreakingStep['kind'];
  readonly end: (atMs: number) => FaultEvent;
  readonly endAtMs: number;
}

class Schedule {
  readonly #ground: FaultGround;
  readonly #rng: SeededRng;
  readonly #events: FaultEvent[] = [];
  readonly #leftOut: LeftOut[] = [];
  /** Faults that go on, by property and target. */
  readonly #held = new Map<string, Held>();

  constructor(ground: FaultGround, rng: SeededRng) {
    this.#ground = ground;
    this.#rng = rng;
  }

  refuses(step: FaultStep): Result<null, Refusal> {
    if (step.kind === 'heal') return ok(null);
    const { targets, text } = step;
    const known = this.#known(step);
    const what = known === this.#ground.nodes ? 'node' : 'link';
    if (targets.kind === 'named') {
      const name = targets.names.find((wanted) => this.#named(known, wanted) === undefined);
      if (name === undefined) return ok(null);
      const listed = known.slice(0, KNOWN_LISTED_MAX).join(', ');
      const more = known.length > KNOWN_LISTED_MAX ? ', …' : '';
      return fail('SIM_FAULTS_TARGET_UNKNOWN', { step: text, what, name, known: listed + more });
    }
    const asked = askedOf(targets, known.length);
    if (asked <= known.length) return ok(null);
    return fail('SIM_FAULTS_TOO_MANY', { step: text, asked, known: known.length, what });
  }

  take(step: FaultStep): void {
    this.#release(step.atMs);
    if (step.kind === 'heal') return this.#heal(step.atMs);
    const chosen = this.#chosen(step);
    for (const target of chosen) this.#begin(step, target);
    const asked = this.#asked(step);
    if (chosen.length === asked) return;
    this.#leftOut.push({ step: step.text, asked, taken: chosen.length });
  }

  /** Faults at exponentially distributed distances. */
  draw(perSecond: number): void {
    const gapMs = (): number => (-Math.log(1 - this.#rng.unit()) * 1000) / perSecond;
    let count = 0;
    for (let atMs = gapMs(); atMs < this.#ground.durationMs; atMs += gapMs()) {
      count += 1;
      if (count > RANDOM_EVENTS_MAX) return;
      this.#release(atMs);
      const step = this.#drawStep(Math.round(atMs));
      if (this.#hasRoom(step)) this.take(step);
    }
  }

  finish(): FaultSchedule {
    const { durationMs } = this.#ground;
    this.#release(durationMs);
    this.#heal(durationMs);
    return { durationMs, events: this.#events, leftOut: this.#leftOut };
  }

  /** Draws the same number of times whatever comes of it, so that one fault does not shift the next. */
  #drawStep(atMs: number): BreakingStep {
    const rng = this.#rng;
    const kind = weighted(rng.unit());
    const forMs = Math.round(
      RANDOM_FOR_MS_MIN + rng.unit() * (RANDOM_FOR_MS_MAX - RANDOM_FOR_MS_MIN),
    );
    const size = rng.unit();
    const sign = rng.chance(0.5) ? 1 : -1;
    const base = { atMs, targets: { kind: 'count', count: 1 }, forMs, text: 'random' } as const;
    switch (kind) {
      case 'slow':
        return { ...base, kind, byMs: Math.ceil(size * RANDOM_SLOW_MS_MAX) };
      case 'lose':
        return { ...base, kind, share: Math.ceil(100 * size * RANDOM_LOSE_SHARE_MAX) / 100 };
      case 'skew':
        return { ...base, kind, byMs: sign * Math.ceil(size * RANDOM_SKEW_MS_MAX) };
      case 'kill':
      case 'pause':
      case 'cut':
        return { ...base, kind };
    }
  }

  #hasRoom(step: BreakingStep): boolean {
    const known = this.#known(step);
    const share = known === this.#ground.nodes ? RANDOM_NODES_SHARE_MAX : RANDOM_LINKS_SHARE_MAX;
    const property = PROPERTY[step.kind];
    const taken = known.filter((target) => this.#held.has(keyOf(property, target))).length;
    return taken < Math.min(known.length, Math.max(1, Math.floor(share * known.length)));
  }

  #known({ kind }: BreakingStep): readonly string[] {
    const { nodes, links } = this.#ground;
    return kind === 'kill' || kind === 'pause' || kind === 'skew' ? nodes : links;
  }

  #named(known: readonly string[], wanted: string): string | undefined {
    const { nodes, aliases } = this.#ground;
    const nodeOf = (name: string): string =>
      nodes.includes(name) ? name : (aliases?.get(name) ?? name);
    if (known === nodes) return known.find((name) => name === nodeOf(wanted));
    const [a = '', b = ''] = wanted.split('/').map(nodeOf);
    return known.find((name) => name === `${a}/${b}` || name === `${b}/${a}`);
  }

  /** What the step breaks, of what is whole; who is named is killed while it stands still, too. */
  #chosen(step: BreakingStep): readonly string[] {
    const known = this.#known(step);
    const heldBy = (target: string): BreakingStep['kind'] | undefined =>
      this.#held.get(keyOf(PROPERTY[step.kind], target))?.kind;
    if (step.targets.kind === 'named') {
      return this.#allNamed(known, step.targets.names).filter((name) => {
        const holder = heldBy(name);
        return holder === undefined || (step.kind === 'kill' && holder === 'pause');
      });
    }
    const whole = known.filter((target) => heldBy(target) === undefined);
    return drawn(whole, this.#asked(step), this.#rng);
  }

  #asked(step: BreakingStep): number {
    const { targets } = step;
    const known = this.#known(step);
    if (targets.kind === 'named') return this.#allNamed(known, targets.names).length;
    return askedOf(targets, known.length);
  }

  /** Each once, however it is written. */
  #allNamed(known: readonly string[], names: readonly string[]): readonly string[] {
    return [...new Set(names.flatMap((name) => this.#named(known, name) ?? []))];
  }

  #begin(step: BreakingStep, target: string): void {
    const { atMs, forMs } = step;
    const { event, end } = faultEvents(step, target);
    const key = keyOf(PROPERTY[step.kind], target);
    const before = this.#held.get(key);
    if (before !== undefined) this.#events.push(before.end(atMs));
    this.#events.push(event);
    const endAtMs = forMs === null ? Infinity : atMs + forMs;
    this.#held.set(key, { kind: step.kind, end, endAtMs });
  }

  /** Ends what is over by then, in order. */
  #release(byMs: number): void {
    const over = [...this.#held].filter(([, { endAtMs }]) => endAtMs <= byMs);
    for (const [key, { end, endAtMs }] of over.toSorted(([, x], [, y]) => x.endAtMs - y.endAtMs)) {
      this.#held.delete(key);
      this.#events.push(end(endAtMs));
    }
  }

  #heal(atMs: number): void {
    for (const { end } of this.#held.values()) this.#events.push(end(atMs));
    this.#held.clear();
  }
}

function keyOf(property: Property, target: string): string {
  return `${property} ${target}`;
}

/** How many of `total`: a share is at least one. */
function askedOf(targets: Exclude<FaultTargets, { kind: 'named' }>, total: number): number {
  if (targets.kind === 'count') return targets.count;
  return Math.max(1, amountOf(targets, total));
}

function drawn(from: readonly string[], count: number, rng: SeededRng): readonly string[] {
  return from
    .map((item) => ({ item, order: rng.unit() }))
    .toSorted((x, y) => x.order - y.order)
    .slice(0, count)
    .map(({ item }) => item);
}

function weighted(unit: number): BreakingStep['kind'] {
  const total = RANDOM_WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);
  let left = unit * total;
  for (const [kind, weight] of RANDOM_WEIGHTS) {
    left -= weight;
    if (left < 0) return kind;
  }
  const last = RANDOM_WEIGHTS.at(-1);
  assert(last !== undefined, 'there are kinds of faults');
  return last[0];
}
