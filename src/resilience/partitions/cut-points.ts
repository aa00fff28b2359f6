// Links and members without which a mesh falls apart: bridges and articulation points, found before they fail. Depth-first
// search with low-links (Hopcroft and Tarjan, "Algorithm 447: Efficient algorithms for graph manipulation", CACM 16(6),
// 1973), on a stack of its own: a line of ten thousand members is ten thousand deep. Linear in members and links.

/** Links in rows: those of node v are `targets[starts[v]]` up to `targets[ends[v]]`, each target once, none v itself. */
export interface LinkRows {
  readonly nodes: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Each link twice, once in the row of either end. */
  readonly targets: Uint32Array;
}

/** No node. */
export const NO_NODE = -1;

/** Arrays have one entry for each node. */
export interface CutPoints {
  /** Links whose loss splits what hangs together. */
  readonly bridges: number;
  /** Members likewise. */
  readonly cutNodes: number;
  /** The node from which the search came, `NO_NODE` where it began. */
  readonly parents: Int32Array;
  /** Where the link to the parent is a bridge: how many nodes its smaller side has; else 0. */
  readonly bridgeSplits: Int32Array;
  /** How many nodes lose the largest part of the others when this one goes; 0 where it is no articulation point. */
  readonly cutOff: Int32Array;
}

export function findCutPoints({ nodes, starts, ends, targets }: LinkRows): CutPoints {
  const parents = new Int32Array(nodes).fill(NO_NODE);
  /** When a node was first seen, from 1 on; 0: not yet. */
  const orders = new Int32Array(nodes);
  /** The earliest node to which a link leads back from the subtree of a node. */
  const lows = new Int32Array(nodes);
  const next = starts.slice(0, nodes);
  const bySight = new Int32Array(nodes);
  const subtrees = new Int32Array(nodes);
  /** Of the subtrees that hang on a node alone: their sum, and the largest. */
  const hanging = new Int32Array(nodes);
  const hangingMax = new Int32Array(nodes);
  const isBridge = new Uint8Array(nodes);
  const bridgeSplits = new Int32Array(nodes);
  const cutOff = new Int32Array(nodes);
  const stack = new Int32Array(nodes);
  let seen = 0;
  let bridges = 0;
  let cutNodes = 0;

  for (let root = 0; root < nodes; root += 1) {
    if (orders[root] !== 0) continue;
    const first = seen;
    let depth = 1;
    stack[0] = root;
    bySight[seen] = root;
    seen += 1;
    orders[root] = seen;
    lows[root] = seen;
    subtrees[root] = 1;
    while (depth > 0) {
      const node = stack[depth - 1] ?? 0;
      const arc = next[node] ?? 0;
      if (arc < (ends[node] ?? 0)) {
        next[node] = arc + 1;
        const target = targets[arc] ?? 0;
        if (orders[target] === 0) {
          parents[target] = node;
          bySight[seen] = target;
          seen += 1;
          orders[target] = seen;
          lows[target] = seen;
          subtrees[target] = 1;
          stack[depth] = target;
          depth += 1;
        } else if (target !== parents[node]) {
          lows[node] = Math.min(lows[node] ?? 0, orders[target] ?? 0);
        }
        continue;
      }
      depth -= 1;
      const parent = parents[node] ?? NO_NODE;
      if (parent === NO_NODE) continue;
      const size = subtrees[node] ?? 0;
      const low = lows[node] ?? 0;
      subtrees[parent] = (subtrees[parent] ?? 0) + size;
      lows[parent] = Math.min(lows[parent] ?? 0, low);
      if (low < (orders[parent] ?? 0)) continue;
      hanging[parent] = (hanging[parent] ?? 0) + size;
      hangingMax[parent] = Math.max(hangingMax[parent] ?? 0, size);
      if (low > (orders[parent] ?? 0)) isBridge[node] = 1;
    }
    const size = seen - first;
    for (let i = first; i < seen; i += 1) {
      const node = bySight[i] ?? 0;
      const others = size - 1;
      const off = others - Math.max(hangingMax[node] ?? 0, others - (hanging[node] ?? 0));
      cutOff[node] = off;
      if (off > 0) cutNodes += 1;
      if (isBridge[node] === 0) continue;
      bridges += 1;
      bridgeSplits[node] = Math.min(subtrees[node] ?? 0, size - (subtrees[node] ?? 0));
    }
  }
  return { bridges, cutNodes, parents, bridgeSplits, cutOff };
}

/** The nodes with the highest values above 0, highest first; of equal ones the lowest node first. At most `count`. */
export function highest(values: Int32Array, count: number): readonly number[] {
  const best: number[] = [];
  for (let node = 0; node < values.length; node += 1) {
    const value = values[node] ?? 0;
    const last = values[best[count - 1] ?? NO_NODE] ?? 0;
    if (value === 0 || (best.length === count && value <= last)) continue;
    let at = best.length;
    while (at > 0 && (values[best[at - 1] ?? 0] ?? 0) < value) at -= 1;
    best.splice(at, 0, node);
    if (best.length > count) best.pop();
  }
  return best;
}
