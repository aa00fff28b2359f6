// A store in memory whose next writes can be made to fail, to wait, or to be lost with the machine.

import { compareBytes, fromHex, toHex } from '../../src/core/bytes.ts';
import type { Store, StoreEntry, StoreWrite } from '../../src/env/store.ts';

export class MemoryStore implements Store {
  readonly #entries = new Map<string, Uint8Array>();
  /** Thrown by each write while set. */
  failure: Error | null = null;
  /** Resolves before each write becomes durable. */
  gate: Promise<void> = Promise.resolve();
  writes = 0;

  /** What a disk would hold now. */
  copy(): MemoryStore {
    const copy = new MemoryStore();
    for (const [key, value] of this.#entries) copy.#entries.set(key, value.slice());
    return copy;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#entries.get(toHex(key));
  }

  range(from: Uint8Array, to: Uint8Array, entriesMax: number): readonly StoreEntry[] {
    return [...this.#entries]
      .map(([name, value]) => ({ key: fromHex(name) ?? new Uint8Array(0), value }))
      .filter(({ key }) => compareBytes(key, from) >= 0 && compareBytes(key, to) < 0)
      .toSorted((a, b) => compareBytes(a.key, b.key))
      .slice(0, entriesMax);
  }

  async write(batch: readonly StoreWrite[]): Promise<void> {
    this.writes += 1;
    await this.gate;
    if (this.failure !== null) throw this.failure;
    for (const change of batch) {
      if (change.kind === 'put') this.#entries.set(toHex(change.key), change.value.slice());
      else this.#entries.delete(toHex(change.key));
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
