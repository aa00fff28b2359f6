// How many there are of each key at this moment, each key up to a bound. A key without any takes no memory, so the
// census is as large as what it counts, which others bound.

export interface Census {
  /** Different keys. */
  readonly size: number;
  of(key: string): number;
  add(key: string): void;
  remove(key: string): void;
}

export function createCensus(): Census {
  const counts = new Map<string, number>();
  return {
    get size() {
      return counts.size;
    },
    of: (key) => counts.get(key) ?? 0,
    add(key) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    remove(key) {
      const count = counts.get(key) ?? 0;
      if (count === 0) return;
      if (count === 1) counts.delete(key);
      else counts.set(key, count - 1);
    },
  };
}
