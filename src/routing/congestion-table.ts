// How full the arcs of the mesh were found, from the marks on packets that came back as feedback. A mark does not say which
// relay made it, so every arc of the path is held a little to blame; a path without marks clears all of its arcs. Arcs
// that only marked paths share keep the blame: tomography by exponential averages.

/** Arcs with a value; the one heard of longest ago goes first. */
export const CONGESTED_ARCS_MAX = 8_192;
/** The share of a new observation in an arc's average. */
const SMOOTHING = 1 / 4;
/** Without news an average halves in this time: an idle path is worth another try. */
const HALF_LIFE_MS = 5_000;
/** What is below this is forgotten. */
const LEAST = 1 / 256;

export interface CongestionTable {
  /** 0–1. */
  of(from: number, to: number, nowMs: number): number;
  /** Packets that took this path: `marked` of `delivered` bore a mark. Nothing is learnt from no packets. */
  observed(nodes: readonly number[], delivered: number, marked: number, nowMs: number): void;
}

interface Entry {
  value: number;
  atMs: number;
}

export function createCongestionTable(arcsMax: number = CONGESTED_ARCS_MAX): CongestionTable {
  /** The one observed longest ago first. */
  const entries = new Map<number, Entry>();

  const decayed = ({ value, atMs }: Entry, nowMs: number): number =>
    value * 2 ** -(Math.max(0, nowMs - atMs) / HALF_LIFE_MS);

  const learn = (key: number, share: number, nowMs: number): void => {
    const known = entries.get(key);
    if (known === undefined && share === 0) return;
    const before = known === undefined ? 0 : decayed(known, nowMs);
    const value = before + SMOOTHING * (share - before);
    entries.delete(key);
    if (value < LEAST) return;
    if (entries.size >= arcsMax) {
      const oldest = entries.keys().next().value;
      if (oldest !== undefined) entries.delete(oldest);
    }
    entries.set(key, { value, atMs: nowMs });
  };

  return {
    of(from, to, nowMs) {
      const entry = entries.get(arcKey(from, to));
      return entry === undefined ? 0 : decayed(entry, nowMs);
    },
    observed(nodes, delivered, marked, nowMs) {
      if (delivered <= 0) return;
      const share = Math.min(1, Math.max(0, marked / delivered));
      for (let i = 1; i < nodes.length; i += 1) {
        learn(arcKey(nodes[i - 1] ?? 0, nodes[i] ?? 0), share, nowMs);
      }
    },
  };
}

/** Node numbers are below 2^20, so that the key is exact. */
function arcKey(from: number, to: number): number {
  return from * 0x10_0000 + to;
}
