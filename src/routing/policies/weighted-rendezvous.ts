// Which of several weighted paths a flow takes: weighted rendezvous hashing (Schindelhauer and Schomaker, "Weighted
// distributed hash tables", 2005). A flow moves only when the share of its own path shrinks or that of another one grows,
// and then no more flows move than the shares say.

/** Index of the choice; −1 where no weight is positive. `keys` name the choices, 32 bits each. */
export function rendezvous(
  flowId: number,
  keys: readonly number[],
  weights: readonly number[],
): number {
  let best = -1;
  let bestScore = Infinity;
  for (let i = 0; i < keys.length; i += 1) {
    const weight = weights[i] ?? 0;
    if (!(weight > 0)) continue;
    // Exponentially distributed with this rate: the least of them is i with probability weight ÷ sum of weights.
    const score = -Math.log((mix(flowId, keys[i] ?? 0) + 0.5) / 2 ** 32) / weight;
    if (score < bestScore) [best, bestScore] = [i, score];
  }
  return best;
}

/** A name for a path, 32 bits (FNV-1a over its nodes). */
export function pathKey(nodes: readonly number[]): number {
  let hash = 0x811c_9dc5;
  for (const node of nodes) hash = Math.imul(hash ^ node, 0x0100_0193) >>> 0;
  return hash;
}

/** MurmurHash3's finaliser over both, twice: every bit of either moves half of the result's. */
function mix(a: number, b: number): number {
  return finalise(finalise(a | 0) ^ Math.imul(b | 0, 0x9e37_79b1));
}

function finalise(word: number): number {
  let hash = word;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
