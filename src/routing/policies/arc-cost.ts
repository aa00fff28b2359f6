// What crossing an arc costs under criteria. Where all criteria count alike it is the weight of link state. Otherwise each
// criterion gives a term that is 1 for an ordinary hop, and
//
//   cost = max(1, round(100 × Σ weight × term ÷ Σ weight))
//
//   latency      one-way latency ÷ 10 ms
//   bandwidth    1 MB/s ÷ rate
//   loss         ln(1 − loss) ÷ ln(0.9)          sums of logarithms multiply: a path's cost is its delivery
//   congestion   c ÷ (1 − c)                     the queue of an M/M/1 server, 1 at half full
//   hops         1
//   energy       (1 − e) ÷ e of the next node    1 at half a battery, 0 on mains
//   reliability  jitter ÷ latency                how unsteady the link is
//
// A term is at most 100; what is not measured counts as an ordinary hop, so that silence earns nothing. Integers, so that
// every node and every run compares alike.

import { decodeMetrics } from '../graph/metric-code.ts';
import { comparesByWeight } from './route-criteria.ts';
import type { ArcCost } from './path-search.ts';
import type { RouteCriteria, RoutingView } from './route-policy.ts';

/** Cost of an ordinary hop. */
export const COST_PER_HOP = 100;
const TERM_MAX = 100;

const ORDINARY_LATENCY_MS = 10;
const ORDINARY_BYTES_PER_SECOND = 1_000_000;
const ORDINARY_LOSS_LOG = Math.log(0.9);

/** The cost of each arc under the criteria, 1…10 000, or the arc's weight where all criteria count alike. */
export function arcCosts(view: RoutingView, criteria: RouteCriteria): ArcCost {
  const { targets, weights, metrics } = view.graph;
  if (comparesByWeight(criteria)) return (arc) => weights[arc] ?? 0;
  const { latency, bandwidth, loss, congestion, hops, energy, reliability } = criteria.weights;
  const scale =
    COST_PER_HOP / (latency + bandwidth + loss + congestion + hops + energy + reliability);
  return (arc) => {
    const measured = decodeMetrics(metrics[arc] ?? 0);
    const sum =
      latency * term(measured.latencyMs, (ms) => ms / ORDINARY_LATENCY_MS) +
      bandwidth * term(measured.bytesPerSecond, (rate) => ORDINARY_BYTES_PER_SECOND / rate) +
      loss * term(measured.loss, (share) => Math.log(1 - share) / ORDINARY_LOSS_LOG) +
      congestion * queueTerm(view.congestion(arc)) +
      hops +
      (energy === 0 ? 0 : energy * energyTerm(view.attributes(targets[arc] ?? 0).energy)) +
      reliability *
        term(measured.jitterMs, (ms) => ms / (measured.latencyMs ?? ORDINARY_LATENCY_MS));
    return Math.max(1, Math.round(scale * sum));
  };
}

/** The length of a queue as a server this full has it, in packets, 0…100. */
export function queueTerm(congestion: number): number {
  const full = Math.min(1, Math.max(0, congestion));
  return full < 1 ? Math.min(TERM_MAX, full / (1 - full)) : TERM_MAX;
}

function energyTerm(energy: number | null): number {
  if (energy === null) return 0;
  return energy <= 0 ? TERM_MAX : Math.min(TERM_MAX, Math.max(0, 1 - energy) / energy);
}

function term(value: number | null, of: (value: number) => number): number {
  return value === null ? 1 : Math.min(TERM_MAX, Math.max(0, of(value)));
}
