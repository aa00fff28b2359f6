// A disk that crashes: a batch is durable only after the sync, a crash keeps or loses what was under way (each batch
// whole or not at all), and a full disk can be had on request.

import { compareBytes, toHex } from '../core/bytes.ts';
import { BitcrapsError } from '../core/errors.ts';
import type { Store, StoreEntry, StoreWrite } from '../env/store.ts';
import type { SeededRng } from './seeded-rng.ts';
import type { World } from './world.ts';

export interface SimStoreOptions {
  /** For the log and the random stream. */
  readonly name: string;
  /** From `write` to its durability. Default `SYNC_MS`. */
  readonly syncMs?: number;
}

/** A solid-state disk's flush. */
export const SYNC_MS = 2;

export interface SimStore extends Store {
  /**
   * The machine loses power: open handles are dead, their promises never settle. Of the batches under way the disk
   * keeps the first few, by the seed's choice. `reopen` gives what is left.
   */
  crash(): void;
  /** A new handle on the same disk, after `crash` or `close`. */
  reopen(): SimStore;
  /** The next `write` rejects with `code` and leaves nothing. */
  failNextWrite(code: 'STORE_FULL' | 'STORE_IO'): void;
}

/** What survives a crash: the entries by the hexadecimal of their key, whose order is the order of the keys. */
type Disk = Map<string, StoreEntry>;

interface UnderWay {
  readonly batch: readonly StoreWrite[];
  readonly resolve: () => void;
}

export function createSimStore(world: World, options: SimStoreOptions): SimStore {
  return new CrashableStore(world, options, new Map());
}

class CrashableStore implements SimStore {
  readonly #world: World;
  readonly #options: SimStoreOptions;
  readonly #disk: Disk;
  readonly #rng: SeededRng;
  #underWay: UnderWay[] = [];
  #failure: 'STORE_FULL' | 'STORE_IO' | null = null;
  #state: 'open' | 'closed' | 'crashed' = 'open';

  constructor(world: World, options: SimStoreOptions, disk: Disk) {
    this.#world = world;
    this.#options = options;
    this.#disk = disk;
    this.#rng = world.rng(`store ${options.name}`);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#checkOpen();
    return this.#disk.get(toHex(key))?.value.slice();
  }

  range(from: Uint8Array, to: Uint8Array, entriesMax: number): readonly StoreEntry[] {
    this.#checkOpen();
    return [...this.#disk.values()]
      .filter(({ key }) => compareBytes(from, key) <= 0 && compareBytes(key, to) < 0)
      .sort((a, b) => compareBytes(a.key, b.key))
      .slice(0, entriesMax)
      .map(({ key, value }) => ({ key: key.slice(), value: value.slice() }));
  }

  async write(batch: readonly StoreWrite[]): Promise<void> {
    this.#checkOpen();
    const { name, syncMs = SYNC_MS } = this.#options;
    const failure = this.#failure;
    this.#failure = null;
    if (failure === 'STORE_FULL') throw new BitcrapsError(failure, { path: name });
    if (failure === 'STORE_IO') throw new BitcrapsError(failure, { path: name, detail: 'a fault' });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#underWay.push({ batch: batch.map(copied), resolve });
    this.#world.clock.after(syncMs, () => this.#sync());
    return promise;
  }

  async close(): Promise<void> {
    if (this.#state !== 'open') return;
    while (this.#underWay.length > 0) this.#sync();
    this.#state = 'closed';
  }

  crash(): void {
    if (this.#state === 'crashed') return;
    const kept = this.#rng.uint32() % (this.#underWay.length + 1);
    this.#world.log(`disk-crash ${this.#options.name} keeps ${kept} of ${this.#underWay.length}`);
    for (const { batch } of this.#underWay.slice(0, kept)) this.#apply(batch);
    this.#underWay = [];
    this.#state = 'crashed';
  }

  reopen(): SimStore {
    if (this.#state === 'open') this.crash();
    return new CrashableStore(this.#world, this.#options, this.#disk);
  }

  failNextWrite(code: 'STORE_FULL' | 'STORE_IO'): void {
    this.#failure = code;
  }

  /** The oldest batch under way is on the disk. */
  #sync(): void {
    const done = this.#underWay.shift();
    if (done === undefined) return;
    this.#apply(done.batch);
    this.#world.log(`disk-sync ${this.#options.name} ${done.batch.length}`);
    this.#world.settled();
    done.resolve();
  }

  #apply(batch: readonly StoreWrite[]): void {
    for (const write of batch) {
      const id = toHex(write.key);
      if (write.kind === 'put') this.#disk.set(id, { key: write.key, value: write.value });
      else this.#disk.delete(id);
    }
  }

  #checkOpen(): void {
    if (this.#state !== 'open')
      throw new BitcrapsError('STORE_CLOSED', { path: this.#options.name });
  }
}

function copied(write: StoreWrite): StoreWrite {
  return write.kind === 'put'
    ? { kind: 'put', key: write.key.slice(), value: write.value.slice() }
    : { kind: 'delete', key: write.key.slice() };
}
