// What changed in a graph, arc by arc: a bounded log that several readers follow, each with its own cursor. A reader that
// fell too far behind is told so and starts anew from the whole graph.

/** One entry per change in each array, oldest first. An arc that changed twice is there twice. */
export interface ArcChanges {
  readonly froms: Uint32Array;
  readonly tos: Uint32Array;
  /** The weight before, 0: there was no such arc. */
  readonly oldWeights: Uint16Array;
  /** The weight after, 0: there is no such arc any more. */
  readonly newWeights: Uint16Array;
}

export interface ArcChangeLog {
  /** Where the next change goes: a reader that knows everything stands here. Grows by one with each change. */
  readonly cursor: number;
  record(from: number, to: number, oldWeight: number, newWeight: number): void;
  /** The changes from a cursor on; `null` if some of them are no longer held. */
  since(cursor: number): ArcChanges | null;
}

/** Keeps the latest `changesMax` changes, in 12 bytes each. */
export function createArcChangeLog(changesMax: number): ArcChangeLog {
  const froms = new Uint32Array(changesMax);
  const tos = new Uint32Array(changesMax);
  const oldWeights = new Uint16Array(changesMax);
  const newWeights = new Uint16Array(changesMax);
  let next = 0;

  return {
    get cursor() {
      return next;
    },
    record(from, to, oldWeight, newWeight) {
      const slot = next % changesMax;
      froms[slot] = from;
      tos[slot] = to;
      oldWeights[slot] = oldWeight;
      newWeights[slot] = newWeight;
      next += 1;
    },
    since(cursor) {
      const count = next - cursor;
      if (count > changesMax || count < 0) return null;
      const changes = {
        froms: new Uint32Array(count),
        tos: new Uint32Array(count),
        oldWeights: new Uint16Array(count),
        newWeights: new Uint16Array(count),
      };
      for (let i = 0; i < count; i += 1) {
        const slot = (cursor + i) % changesMax;
        changes.froms[i] = froms[slot] ?? 0;
        changes.tos[i] = tos[slot] ?? 0;
        changes.oldWeights[i] = oldWeights[slot] ?? 0;
        changes.newWeights[i] = newWeights[slot] ?? 0;
      }
      return changes;
    },
  };
}
