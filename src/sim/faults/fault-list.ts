// Faults as a whole, each with its beginning and its end, of events that tell of either: what reports list.

import { endsFault, faultText, type FaultEvent } from './fault.ts';

/** A fault of one node or link; its own fields are those of its beginning. */
export type Fault<E extends FaultEvent = FaultEvent> = E & {
  /** Planned, as `atMs` is. */
  readonly untilMs: number | null;
};

/** What begins such a fault, for each event that may end one. */
const BEGINS: Readonly<Record<FaultEvent['kind'], FaultEvent['kind']>> = {
  kill: 'kill',
  restart: 'kill',
  pause: 'pause',
  resume: 'pause',
  cut: 'cut',
  mend: 'cut',
  slow: 'slow',
  lose: 'lose',
  skew: 'skew',
};

/** Each beginning with its end, in order of beginning; one without an end goes on. `events` are in order of time. */
export function pairFaults<E extends FaultEvent>(
  events: readonly E[],
): readonly { readonly begin: E; readonly end: E | null }[] {
  const pairs: { begin: E; end: E | null }[] = [];
  const open = new Map<string, { end: E | null }>();
  for (const event of events) {
    const key = `${BEGINS[event.kind]} ${'node' in event ? event.node : event.link}`;
    if (endsFault(event)) {
      const pair = open.get(key);
      if (pair !== undefined) pair.end = event;
      open.delete(key);
    } else {
      const pair = { begin: event, end: null };
      pairs.push(pair);
      open.set(key, pair);
    }
  }
  return pairs;
}

export function faultsOf(events: readonly FaultEvent[]): readonly Fault[] {
  return pairFaults(events).map(({ begin, end }) => ({ ...begin, untilMs: end?.atMs ?? null }));
}

/** For people: `12.0 s  kill    b-relay-2 for 2.0 s`. */
export function faultLine(fault: Fault): string {
  const { atMs, untilMs } = fault;
  const lasts = untilMs === null ? '' : ` for ${((untilMs - atMs) / 1000).toFixed(1)} s`;
  return `${faultText(fault)}${lasts}`;
}
