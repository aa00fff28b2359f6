// Makes of a script what happens to which node and link, and when: all of it drawn from the seed before anything runs, so
// that the same seed breaks the same things at the same times however the run goes.

import { assert } from '../../core/assert.ts';
import { fail, ok, type Result } from '../../core/errors.ts';
import { amountOf } from '../mesh-run/run-options.ts';
import type { SeededRng } from '../seeded-rng.ts';
import type { FaultEvent, FaultScript, FaultStep, FaultTargets } from './fault.ts';

/** What there is to be broken. */
export interface FaultGround {
  readonly nodes: readonly string[];
  /** Each named by its ends, `a/b`. */
  readonly links: readonly string[];
  /** Everything is whole again at this time. */
  readonly durationMs: number;
}

/** Random faults last so long, evenly drawn. */
const RANDOM_FOR_MS_MIN = 1_000;
const RANDOM_FOR_MS_MAX = 8_000;
/** What random faults take away at once: of the nodes, and of the links for each kind of fault; at least one. */
const RANDOM_NODES_SHARE_MAX = 0.2;
const RANDOM_LINKS_SHARE_MAX = 0.25;
/** How often each kind is drawn, relative to the others. */
const RANDOM_WEIGHTS: readonly (readonly [Begun['kind'], number])[] = [
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

type Begun = Exclude<FaultStep, { readonly kind: 'heal' }>;
/** What a fault takes: of one node or link, each at most once at a time. */
type Property = 'process' | 'clock' | 'cut' | 'delay' | 'loss';

const PROPERTY: Readonly<Record<Begun['kind'], Property>> = {
  kill: 'process',
  pause: 'process',
  skew: 'clock',
  cut: 'cut',
  slow: 'delay',
  lose: 'loss',
};

/**
 * The events in order of time; the last ones, at `durationMs` at the latest, end what is left. A step takes only what no
 * fault of its kind holds. Error: `SIM_FAULTS_TARGET_UNKNOWN`.
 */
export function scheduleFaults(
  script: FaultScript,
  ground: FaultGround,
  rng: SeededRng,
): Result<readonly FaultEvent[], 'SIM_FAULTS_TARGET_UNKNOWN'> {
  const schedule = new Schedule(ground, rng);
  if (script.kind === 'random') schedule.draw(script.perSecond);
  else {
    for (const step of script.steps) {
      const stranger = schedule.stranger(step);
      if (stranger !== null) return fail('SIM_FAULTS_TARGET_UNKNOWN', stranger);
      schedule.take(step);
    }
  }
  return ok(schedule.finish());
}

interface Held {
  readonly end: (atMs: number) => FaultEvent;
  readonly endAtMs: number;
}

class Schedule {
  readonly #ground: FaultGround;
  readonly #rng: SeededRng;
  readonly #events: FaultEvent[] = [];
  /** Faults that go on, by property and target. */
  readonly #held = new Map<string, Held>();

  constructor(ground: FaultGround, rng: SeededRng) {
    this.#ground = ground;
    this.#rng = rng;
  }

  /** The first name of a step that there is not. */
  stranger(step: FaultStep): { step: string; what: string; name: string } | null {
    if (step.kind === 'heal' || step.targets.kind !== 'named') return null;
    const known = this.#known(step);
    const name = step.targets.names.find((wanted) => this.#named(known, wanted) === undefined);
    if (name === undefined) return null;
    return { step: step.text, what: known === this.#ground.nodes ? 'node' : 'link', name };
  }

  take(step: FaultStep): void {
    if (step.atMs >= this.#ground.durationMs) return;
    this.#release(step.atMs);
    if (step.kind === 'heal') return this.#heal(step.atMs);
    for (const target of this.#chosen(step)) this.#begin(step, target);
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

  finish(): readonly FaultEvent[] {
    const { durationMs } = this.#ground;
    this.#release(durationMs);
    this.#heal(durationMs);
    return this.#events;
  }

  /** Draws the same number of times whatever comes of it, so that one fault does not shift the next. */
  #drawStep(atMs: number): Begun {
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

  #hasRoom(step: Begun): boolean {
    const known = this.#known(step);
    const share = known === this.#ground.nodes ? RANDOM_NODES_SHARE_MAX : RANDOM_LINKS_SHARE_MAX;
    const property = PROPERTY[step.kind];
    const taken = known.filter((target) => this.#held.has(keyOf(property, target))).length;
    return taken < Math.max(1, Math.floor(share * known.length));
  }

  #known({ kind }: Begun): readonly string[] {
    const { nodes, links } = this.#ground;
    return kind === 'kill' || kind === 'pause' || kind === 'skew' ? nodes : links;
  }

  #named(known: readonly string[], wanted: string): string | undefined {
    if (known === this.#ground.nodes) return known.find((name) => name === wanted);
    const [a = '', b = ''] = wanted.split('/');
    return known.find((name) => name === wanted || name === `${b}/${a}`);
  }

  /** What the step breaks, of what is whole. */
  #chosen(step: Begun): readonly string[] {
    const known = this.#known(step);
    const property = PROPERTY[step.kind];
    const isFree = (target: string): boolean => !this.#held.has(keyOf(property, target));
    const { targets } = step;
    if (targets.kind === 'named') {
      const names = targets.names.flatMap((name) => this.#named(known, name) ?? []);
      return [...new Set(names)].filter(isFree);
    }
    return drawn(known.filter(isFree), countOf(targets, known.length), this.#rng);
  }

  #begin(step: Begun, target: string): void {
    const { atMs, forMs } = step;
    const { event, end } = eventsOf(step, target);
    this.#events.push(event);
    const endAtMs = forMs === null ? Infinity : atMs + forMs;
    this.#held.set(keyOf(PROPERTY[step.kind], target), { end, endAtMs });
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

/** At least one. */
function countOf(targets: Exclude<FaultTargets, { kind: 'named' }>, total: number): number {
  return Math.max(1, amountOf(targets, total));
}

function drawn(from: readonly string[], count: number, rng: SeededRng): readonly string[] {
  return from
    .map((item) => ({ item, order: rng.unit() }))
    .toSorted((x, y) => x.order - y.order)
    .slice(0, count)
    .map(({ item }) => item);
}

function weighted(unit: number): Begun['kind'] {
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

/** How a fault of one target begins and ends. */
function eventsOf(
  step: Begun,
  target: string,
): { readonly event: FaultEvent; readonly end: (atMs: number) => FaultEvent } {
  const { atMs } = step;
  switch (step.kind) {
    case 'kill':
      return {
        event: { atMs, kind: 'kill', node: target },
        end: (endMs) => ({ atMs: endMs, kind: 'restart', node: target }),
      };
    case 'pause':
      return {
        event: { atMs, kind: 'pause', node: target },
        end: (endMs) => ({ atMs: endMs, kind: 'resume', node: target }),
      };
    case 'skew':
      return {
        event: { atMs, kind: 'skew', node: target, byMs: step.byMs },
        end: (endMs) => ({ atMs: endMs, kind: 'skew', node: target, byMs: 0 }),
      };
    case 'cut':
      return {
        event: { atMs, kind: 'cut', link: target },
        end: (endMs) => ({ atMs: endMs, kind: 'mend', link: target }),
      };
    case 'slow':
      return {
        event: { atMs, kind: 'slow', link: target, byMs: step.byMs },
        end: (endMs) => ({ atMs: endMs, kind: 'slow', link: target, byMs: 0 }),
      };
    case 'lose':
      return {
        event: { atMs, kind: 'lose', link: target, share: step.share },
        end: (endMs) => ({ atMs: endMs, kind: 'lose', link: target, share: 0 }),
      };
  }
}
