// How much passed a gateway, of what its tallies count.

/** Packets that crossed, as this gateway carried them. `out` is away from its mesh. */
export interface Crossings {
  readonly packetsOut: number;
  readonly bytesOut: number;
  readonly packetsIn: number;
  readonly bytesIn: number;
}

const NOTHING: Crossings = { packetsOut: 0, bytesOut: 0, packetsIn: 0, bytesIn: 0 };

export function crossingsOf(tally: Crossings | undefined): Crossings {
  const { packetsOut, bytesOut, packetsIn, bytesIn } = tally ?? NOTHING;
  return { packetsOut, bytesOut, packetsIn, bytesIn };
}
