// The Lifeguard paper's experiments (arXiv 1707.00788, section V): of 128 members some are slow again and again, and the
// verdicts about those who are not are counted; or some crash, and it is measured when the first and when the last healthy
// member has found out. What is run is a contender: the same events happen to each.

import { createWorld, type World } from '../../../src/sim/world.ts';
import { primitives } from '../../../src/platform/node/primitives.ts';

export interface Scenario {
  readonly nodes: number;
  readonly seed: number;
  /** C: members that are slow, or crash, all at the same time. */
  readonly concurrent: number;
  /** D and I: for so long they are slow, for so long they are well, in turns. `null`: they crash. */
  readonly slow: { readonly forMs: number; readonly everyMs: number } | null;
  readonly lengthMs: number;
}

/** A verdict of one node about another. */
export type Verdict = (at: number, about: number, kind: 'failed' | 'alive') => void;

export interface Group {
  setSlow(node: number, slow: boolean): void;
  crash(node: number): void;
}

export interface Contender {
  readonly name: string;
  start(world: World, nodes: number, verdict: Verdict): Group;
}

export interface Outcome {
  /** Verdicts about members that were well all the time: at whatever member, and at members that were well. */
  readonly falsePositives: number;
  readonly falsePositivesAtHealthy: number;
  /** Verdicts at healthy members about slow ones, which come back. */
  readonly slowGivenUp: number;
  /** For each that crashed: until the first healthy member, and until the last one, found out; `Infinity` for never. */
  readonly firstMs: readonly number[];
  readonly allMs: readonly number[];
  readonly events: number;
}

/** Members find each other, and timers of several lose step. The paper waits for 15 s. */
export const QUIET_MS = 15_000;

export async function runScenario(contender: Contender, scenario: Scenario): Promise<Outcome> {
  const { nodes, seed, concurrent, slow, lengthMs } = scenario;
  const world = createWorld({ seed, primitives, frameBytesHashedMax: 0 });
  const chosen = new Set(shuffled(nodes, world).slice(0, concurrent));
  let begunAtMs = Infinity;
  let falsePositives = 0;
  let falsePositivesAtHealthy = 0;
  let slowGivenUp = 0;
  const firstMs = new Map<number, number>();
  /** By crashed member: those who know, and when the last one found out. */
  const known = new Map<number, Map<number, number>>();
  const group = contender.start(world, nodes, (at, about, kind) => {
    const nowMs = world.clock.now();
    if (kind === 'alive') {
      known.get(about)?.delete(at);
      return;
    }
    if (!chosen.has(about)) {
      falsePositives += 1;
      if (!chosen.has(at)) falsePositivesAtHealthy += 1;
      return;
    }
    if (chosen.has(at)) return;
    if (slow !== null) slowGivenUp += 1;
    if (!firstMs.has(about)) firstMs.set(about, nowMs - begunAtMs);
    const who = known.get(about) ?? new Map<number, number>();
    known.set(about, who.set(at, nowMs - begunAtMs));
  });
  await world.run(QUIET_MS);
  begunAtMs = world.clock.now();
  const endMs = begunAtMs + lengthMs;
  if (slow === null) for (const node of chosen) group.crash(node);
  else takeTurns(world, chosen, slow, endMs, group);
  await world.run(endMs);
  const healthy = nodes - concurrent;
  const all = [...chosen].map((about) => {
    const who = known.get(about) ?? new Map<number, number>();
    return who.size < healthy ? Infinity : Math.max(...who.values());
  });
  return {
    falsePositives,
    falsePositivesAtHealthy,
    slowGivenUp,
    firstMs: [...chosen].map((about) => firstMs.get(about) ?? Infinity),
    allMs: all,
    events: world.steps,
  };
}

function takeTurns(
  world: World,
  chosen: ReadonlySet<number>,
  { forMs, everyMs }: NonNullable<Scenario['slow']>,
  endMs: number,
  group: Group,
): void {
  for (let atMs = world.clock.now(); atMs < endMs; atMs += forMs + everyMs) {
    world.at(atMs, () => {
      for (const node of chosen) group.setSlow(node, true);
    });
    world.at(atMs + forMs, () => {
      for (const node of chosen) group.setSlow(node, false);
    });
  }
}

function shuffled(nodes: number, world: World): readonly number[] {
  const rng = world.rng('chosen');
  return Array.from({ length: nodes }, (_, node) => ({ node, lot: rng.uint32() }))
    .sort((a, b) => a.lot - b.lot)
    .map(({ node }) => node);
}
