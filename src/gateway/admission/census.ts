// How many there are of each key at this moment, each key up to a bound. A key without any takes no memory, so the
// census is as large as what it counts, which others bound. The most of any key is known without a search.

export interface Census {
  /** Different keys. */
  readonly size: number;
  /** Of the key that has most; 0 where there is none. */
  readonly most: number;
  of(key: string): number;
  add(key: string): void;
  remove(key: string): void;
}

export function createCensus(): Census {
  const counts = new Map<string, number>();
  /** How many keys there are of each count. */
  const keysOf: number[] = [];
  let most = 0;
  return {
    get size() {
      return counts.size;
    },
    get most() {
      return most;
    },
    of: (key) => counts.get(key) ?? 0,
    add(key) {
      const before = counts.get(key) ?? 0;
      counts.set(key, before + 1);
      if (before > 0) keysOf[before] = (keysOf[before] ?? 0) - 1;
      keysOf[before + 1] = (keysOf[before + 1] ?? 0) + 1;
      most = Math.max(most, before + 1);
    },
    remove(key) {
      const count = counts.get(key) ?? 0;
      if (count === 0) return;
      if (count === 1) counts.delete(key);
      else {
        counts.set(key, count - 1);
        keysOf[count - 1] = (keysOf[count - 1] ?? 0) + 1;
      }
      keysOf[count] = (keysOf[count] ?? 0) - 1;
      // One less at a time, so the next one down has it.
      if (count === most && keysOf[count] === 0) most = count - 1;
    },
  };
}
