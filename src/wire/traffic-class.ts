// What a source asks for its packet where a gateway's bandwidth is short: bits 3–4 of the flags. A wish and no right:
// a gateway holds every source to budgets by what it measures (`gateway/shaping/classifier.ts`). Nodes from before the
// bits send 0 and keep what others set.

/** `unspecified`: who carries the packet decides by its size and its source's rate. */
export const TrafficClass = { unspecified: 0, game: 1, bulk: 2, control: 3 } as const;

export type TrafficClass = (typeof TrafficClass)[keyof typeof TrafficClass];

const SHIFT = 3;
const MASK = 0x03;

export function trafficClassOf(flags: number): TrafficClass {
  return ((flags >> SHIFT) & MASK) as TrafficClass;
}

/** The flags with another class. */
export function withTrafficClass(flags: number, trafficClass: TrafficClass): number {
  return (flags & ~(MASK << SHIFT)) | (trafficClass << SHIFT);
}
