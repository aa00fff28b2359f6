// What single links contribute to what is seen of whole paths: delays, prices and other sums along a path are told apart
// by the paths that share links (network tomography). Each observation corrects the estimates of its links evenly until
// they add up to it (Kaczmarz 1937; the non-negative variant), so that a link all of whose paths are fine is cleared.
// Links are named by their ends, since arcs move when the graph changes. Bounded, and what is not confirmed fades.

export interface TomographyOptions {
  /** Links remembered; beyond it the one observed longest ago is forgotten. */
  readonly linksMax: number;
  /** An estimate halves in this time without observation. */
  readonly halfLifeMs: number;
  /** Share of the discrepancy that one observation mends, in (0, 1]: lower where observations are noisy. */
  readonly gain: number;
}

export interface PathTomography {
  /** `sum` along the path was seen, ≥ 0. */
  observe(nodes: readonly number[], sum: number, nowMs: number): void;
  /** Estimate for the link from `from` to `to`, ≥ 0; 0 where nothing is known. */
  at(from: number, to: number, nowMs: number): number;
  /** Whether any path over the link was observed. */
  knows(from: number, to: number): boolean;
  readonly stateBytes: number;
}

/** Two numbers and a key in a map. */
const BYTES_PER_LINK = 64;
/** Node numbers stay below. */
const NODES_MAX = 2 ** 20;

interface Estimate {
  value: number;
  atMs: number;
}

export function createPathTomography(options: TomographyOptions): PathTomography {
  const { linksMax, halfLifeMs, gain } = options;
  /** In the order of their last observation. */
  const estimates = new Map<number, Estimate>();
  const faded = ({ value, atMs }: Estimate, nowMs: number): number =>
    value * 0.5 ** (Math.max(0, nowMs - atMs) / halfLifeMs);
  const at = (from: number, to: number, nowMs: number): number => {
    const known = estimates.get(from * NODES_MAX + to);
    return known === undefined ? 0 : faded(known, nowMs);
  };

  return {
    at,
    knows: (from, to) => estimates.has(from * NODES_MAX + to),
    observe(nodes, sum, nowMs) {
      const links = nodes.length - 1;
      if (links < 1 || links > linksMax || !(sum >= 0 && Number.isFinite(sum))) return;
      let expected = 0;
      for (let i = 1; i <= links; i += 1) expected += at(nodes[i - 1] ?? 0, nodes[i] ?? 0, nowMs);
      const share = (gain * (sum - expected)) / links;
      for (let i = 1; i <= links; i += 1) {
        const [from, to] = [nodes[i - 1] ?? 0, nodes[i] ?? 0];
        const value = Math.max(0, at(from, to, nowMs) + share);
        const key = from * NODES_MAX + to;
        estimates.delete(key);
        estimates.set(key, { value, atMs: nowMs });
      }
      for (const key of estimates.keys()) {
        if (estimates.size <= linksMax) break;
        estimates.delete(key);
      }
    },
    get stateBytes() {
      return estimates.size * BYTES_PER_LINK;
    },
  };
}
