// What a policy computes once for a state of its view and then only looks up for each packet: a new topology, another
// suspect link, other criteria or another source make it anew.

import { sameCriteria } from './route-criteria.ts';
import type { RouteCriteria, RoutingView } from './route-policy.ts';

/** Criteria in use at a time; the one unused longest is forgotten. */
const ENTRIES_MAX = 4;

interface Entry<T> {
  readonly criteria: RouteCriteria;
  readonly madeAtMs: number;
  readonly value: T;
}

/**
 * `make` is called where nothing fits. `maxAgeMs`: how long a value may live where criteria look at more than the
 * topology; `null` for as long as the topology.
 */
export function createViewMemo<T>(
  make: (view: RoutingView, criteria: RouteCriteria) => T,
  maxAgeMs: (criteria: RouteCriteria) => number | null,
): (view: RoutingView, criteria: RouteCriteria) => T {
  let seenView: RoutingView | null = null;
  let seenSource = -1;
  let seenVersion = -1;
  let seenSuspects = 0;
  let entries: Entry<T>[] = [];

  return (view, criteria) => {
    const suspects = suspectMark(view);
    const isSeen =
      view === seenView &&
      view.version === seenVersion &&
      view.source === seenSource &&
      suspects === seenSuspects;
    if (!isSeen) {
      [seenView, seenVersion, seenSource, seenSuspects] = [
        view,
        view.version,
        view.source,
        suspects,
      ];
      entries = [];
    }
    const at = entries.findIndex((entry) => sameCriteria(entry.criteria, criteria));
    const known = entries[at];
    if (known !== undefined) {
      const ageMs = maxAgeMs(criteria);
      if (ageMs === null || view.nowMs - known.madeAtMs < ageMs) return known.value;
      entries.splice(at, 1);
    }
    const entry = { criteria, madeAtMs: view.nowMs, value: make(view, criteria) };
    entries.unshift(entry);
    if (entries.length > ENTRIES_MAX) entries.pop();
    return entry.value;
  };
}

/** A number that changes with the set of suspect links: the source has few, so that asking all costs little. */
function suspectMark(view: RoutingView): number {
  const { graph, source } = view;
  let mark = 0;
  const end = graph.ends[source] ?? 0;
  for (let arc = graph.starts[source] ?? 0; arc < end; arc += 1) {
    if (view.isSuspect(arc))
      mark = (Math.imul(mark, 0x0100_0193) ^ (graph.targets[arc] ?? 0) ^ 0x5bd1) >>> 0;
  }
  return mark;
}
