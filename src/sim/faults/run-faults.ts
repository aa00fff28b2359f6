// Runs the production mesh while things break as a script says: messages with acknowledgements go to and fro meanwhile, and
// at the end what the mesh promises is held against what became of each of them.

import { assert } from '../../core/assert.ts';
import { unwrap } from '../../core/errors.ts';
import type { Fleet, FleetNode } from '../mesh-run/fleet.ts';
import type { FleetLink } from '../mesh-run/fleet-link.ts';
import { samplePairs, type Pair } from '../mesh-run/probes.ts';
import type { MeshRunReport } from '../mesh-run/report.ts';
import { reportOfChanging } from '../mesh-run/report-of-changing.ts';
import { RunContext, type MeshRunDeps } from '../mesh-run/run-context.ts';
import type { MeshRunOptions } from '../mesh-run/run-options.ts';
import type { Topology } from '../topology/topology.ts';
import type { FaultEvent, FaultScript } from './fault.ts';
import { faultReport } from './measure-faults.ts';
import { MeshTraffic, type MessageRecord } from './mesh-traffic.ts';
import { scheduleFaults } from './schedule-faults.ts';

/** After the cold start, for measured round trips to settle. */
const SETTLE_HEARTBEATS = 3;
/** Each pair sends so often. */
const MESSAGE_EVERY_MS = 1_000;
/** Links are back after a redial (1.5 s at most), a handshake, and a flap's damping; messages after a repetition (4 s). */
const BACK_SPARE_MS = 10_000;
/** For the last acknowledgements: a message is repeated every 4 s at most, and given up after a minute. */
const ANSWERED_WITHIN_MS = 62_000;
const LOOK_EVERY_MS = 1_000;

/** Errors (thrown): those of `scheduleFaults`. */
export function runFaults(
  topology: Topology,
  script: FaultScript,
  options: MeshRunOptions,
  deps: MeshRunDeps,
): MeshRunReport {
  const context = new RunContext(topology, options, { ...deps, pausable: true });
  const { fleet, oracle, timings } = context;
  const links = new Map<string, FleetLink>();
  const idOf = (index: number): string => topology.nodes[index]?.id ?? '';
  for (const shape of topology.links) {
    links.set(`${idOf(shape.a)}/${idOf(shape.b)}`, context.addLink(topology, shape));
  }
  const nodes = topology.nodes.map(({ id }) => id);
  const ground = {
    nodes,
    aliases: aliasesIn(topology),
    links: [...links.keys()],
    durationMs: options.durationMs,
  };
  const schedule = unwrap(scheduleFaults(script, ground, fleet.world.rng('faults')));
  const { events, durationMs } = schedule;
  const { convergenceMs, rates: coldStart } = context.coldStart();
  fleet.run(SETTLE_HEARTBEATS * timings.heartbeatMs);

  const pairs = samplePairs(fleet, oracle, fleet.world.rng('pairs'), options.pairsMax);
  const { reachablePairs } = oracle;
  const traffic = new MeshTraffic(fleet);
  const breaker = new Breaker(fleet, traffic, new Map(nodes.map((id, at) => [id, at])), links);
  const before = context.bytes();
  const beganAtMs = context.nowMs;
  context.say(`${events.length} events in ${durationMs / 1000} s`);
  for (const event of events) {
    fleet.world.clock.after(event.atMs, () => breaker.inflict(event));
  }
  const healedAtMs = beganAtMs + durationMs;
  const backWithinMs = timings.failureTimeoutMs + BACK_SPARE_MS;
  sendAll(context, traffic, pairs, durationMs + backWithinMs);
  fleet.run(durationMs + backWithinMs);
  context.say('waiting for the last acknowledgements');
  const answeredByMs = context.nowMs + ANSWERED_WITHIN_MS;
  while (traffic.underWay > 0 && context.nowMs < answeredByMs) fleet.run(LOOK_EVERY_MS);
  const moving = context.ratesSince(before, context.nowMs - beganAtMs);
  const connected = traffic.records.filter(({ wasConnected }) => wasConnected);
  return {
    ...reportOfChanging(context, {
      links: topology.links.length,
      reachablePairs,
      results: connected.map(({ pair, sentAtMs, refused, receivedAtMs }) => ({
        pair,
        sentAtMs,
        refused,
        arrivedAtMs: receivedAtMs,
        cost: null,
      })),
      stretch: null,
      convergenceMs,
      coldStart,
      moving,
      frames: null,
    }),
    faults: faultReport(schedule, traffic.records, {
      loops: fleet.watch.loops,
      pairs: pairs.length,
      allBackMs: allBackMs(traffic.records, pairs, healedAtMs),
      backWithinMs,
    }),
  };
}

/** Nodes by their names, where a name is one node's alone. */
function aliasesIn({ nodes }: Topology): ReadonlyMap<string, string> {
  const named = Map.groupBy(nodes, ({ name }) => name);
  return new Map(
    [...named].flatMap(([name, [node, another]]) =>
      name === null || node === undefined || another !== undefined ? [] : [[name, node.id]],
    ),
  );
}

/** Each pair sends its messages evenly over the time, pairs one after the other. */
function sendAll(
  { fleet, oracle }: RunContext,
  traffic: MeshTraffic,
  pairs: readonly Pair[],
  forMs: number,
): void {
  for (const [i, pair] of pairs.entries()) {
    const sendNext = (atMs: number): void => {
      traffic.send(pair, oracle.reaches(pair.from, pair.to));
      const nextMs = atMs + MESSAGE_EVERY_MS;
      if (nextMs < forMs) fleet.world.clock.after(MESSAGE_EVERY_MS, () => sendNext(nextMs));
    };
    const firstMs = (i * MESSAGE_EVERY_MS) / pairs.length;
    fleet.world.clock.after(firstMs, () => sendNext(firstMs));
  }
}

/** Does to the fleet what an event says. */
class Breaker {
  readonly #fleet: Fleet;
  readonly #traffic: MeshTraffic;
  readonly #nodes: ReadonlyMap<string, number>;
  readonly #links: ReadonlyMap<string, FleetLink>;
  readonly #skews = new Map<string, number>();
  readonly #disturbed = new Map<string, { readonly byMs: number; readonly loss: number }>();

  constructor(
    fleet: Fleet,
    traffic: MeshTraffic,
    nodes: ReadonlyMap<string, number>,
    links: ReadonlyMap<string, FleetLink>,
  ) {
    this.#fleet = fleet;
    this.#traffic = traffic;
    this.#nodes = nodes;
    this.#links = links;
  }

  inflict(event: FaultEvent): void {
    const fleet = this.#fleet;
    switch (event.kind) {
      case 'kill':
        this.#traffic.ended(this.#node(event.node));
        return fleet.kill(this.#node(event.node));
      case 'restart':
        fleet.revive(this.#node(event.node));
        return this.#traffic.started(this.#node(event.node));
      case 'pause':
        return fleet.pause(this.#node(event.node));
      case 'resume':
        return fleet.resume(this.#node(event.node));
      case 'skew':
        this.#node(event.node).clock.jumpWall(event.byMs - (this.#skews.get(event.node) ?? 0));
        this.#skews.set(event.node, event.byMs);
        return;
      case 'cut':
        return fleet.cut(this.#link(event.link));
      case 'mend':
        return fleet.restore(this.#link(event.link));
      case 'slow':
        return this.#disturb(event.link, { byMs: event.byMs });
      case 'lose':
        return this.#disturb(event.link, { loss: event.share });
    }
  }

  #disturb(name: string, change: { readonly byMs?: number; readonly loss?: number }): void {
    const now = { byMs: 0, loss: 0, ...this.#disturbed.get(name), ...change };
    this.#disturbed.set(name, now);
    this.#fleet.disturb(this.#link(name), now.byMs, now.loss);
  }

  #node(name: string): FleetNode {
    const node = this.#fleet.nodes[this.#nodes.get(name) ?? -1];
    assert(node !== undefined, 'the schedule names nodes of the topology');
    return node;
  }

  #link(name: string): FleetLink {
    const link = this.#links.get(name);
    assert(link !== undefined, 'the schedule names links of the topology');
    return link;
  }
}

/** When the last pair had its first message through that was sent after `sinceMs`, counted from there. */
function allBackMs(
  records: readonly MessageRecord[],
  pairs: readonly Pair[],
  sinceMs: number,
): number | null {
  const first = new Map<Pair, number>();
  for (const { pair, sentAtMs, receivedAtMs } of records) {
    if (sentAtMs < sinceMs || receivedAtMs === null) continue;
    first.set(pair, Math.min(first.get(pair) ?? Infinity, receivedAtMs));
  }
  if (first.size < pairs.length || pairs.length === 0) return null;
  return Math.max(...first.values()) - sinceMs;
}
