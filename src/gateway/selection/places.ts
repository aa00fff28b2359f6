// Assessed gateways as places for destinations.

import { hashOf, type Place } from './sticky-placements.ts';
import { loadOf, type Assessed, type Assessment } from './select-best.ts';

/** Shares where nothing tells of bandwidths. */
const WEIGHT_UNKNOWN = 1;

/**
 * The nearest of equal ones first. `margin`: what is worse than the best by more is left in time. Headroom is no part of that:
 * whoever went where there is most of it would take it along, and go on for ever. A load beyond the criteria is.
 */
export function placesOf(assessed: Assessed, margin: number): readonly Place[] {
  const { tier, assessments } = assessed;
  const peers = assessments.filter((one) => one.tier === tier);
  const bar = Math.max(0, ...peers.map(({ score }) => score.quality)) - margin;
  const bandwidths = assessments.flatMap(({ candidate }) => candidate.believed.bandwidth ?? []);
  const least = bandwidths.length === 0 ? WEIGHT_UNKNOWN : Math.max(1, Math.min(...bandwidths));
  return assessments.map((one) => ({
    key: one.key,
    name: hashOf(one.candidate.gateway),
    takes: one.near,
    keeps: keeps(one, tier, bar),
    // Who does not tell gets no more than the least of those who do.
    weight: one.candidate.trust * Math.max(1, one.candidate.believed.bandwidth ?? least),
    load: loadOf(one),
  }));
}

function keeps(one: Assessment, best: Assessed['tier'], bar: number): Place['keeps'] {
  if (one.tier === 'never') return 'no';
  if (one.tier === best) return one.score.quality >= bar ? 'yes' : 'for-now';
  // One that is about to stop still carries what it has.
  const isLast = one.obstacles.some(
    ({ filter }) => filter === 'suspect' || filter === 'silent' || filter === 'ejected',
  );
  return isLast ? 'no' : 'for-now';
}
