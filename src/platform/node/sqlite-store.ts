// Durable key-value storage on Node's SQLite: write-ahead log, a full sync at each commit, and one commit for all the
// writes of a turn of the event loop (group commit). The sync blocks the thread: that is its price without a worker.

import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { BitcrapsError } from '../../core/errors.ts';
import type { Store, StoreEntry, StoreWrite } from '../../env/store.ts';

export interface SqliteStoreOptions {
  /** The file never grows beyond it (in whole pages of 4 KiB); then `STORE_FULL`. Default: the disk. */
  readonly bytesMax?: number;
}

/** Batches of one commit; the next one commits at once instead of at the end of the turn. */
const GROUP_BATCHES_MAX = 10_000;
const PAGE_BYTES = 4096;
/** Primary result codes, https://www.sqlite.org/rescode.html; the upper bits only refine them. */
const PRIMARY_CODE_MASK = 0xff;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

const SETTINGS = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
`;

/** Opens or makes the file. Throws `STORE_CORRUPT` (a quick check runs first), `STORE_FULL` or `STORE_IO`. */
export function openSqliteStore(path: string, options: SqliteStoreOptions = {}): Store {
  return new SqliteStore(path, openChecked(path, options));
}

function openChecked(path: string, options: SqliteStoreOptions): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path);
    database.exec(SETTINGS);
    const check = database.prepare('PRAGMA quick_check(1)').get();
    const finding = String(check?.['quick_check'] ?? 'no answer');
    if (finding !== 'ok') throw new BitcrapsError('STORE_CORRUPT', { path, detail: finding });
    const { bytesMax } = options;
    if (bytesMax !== undefined) {
      database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(bytesMax / PAGE_BYTES))}`);
    }
    return database;
  } catch (error) {
    database?.close();
    throw storeError(path, error);
  }
}

function storeError(path: string, error: unknown): BitcrapsError {
  if (error instanceof BitcrapsError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const extended = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  switch (extended & PRIMARY_CODE_MASK) {
    case SQLITE_FULL:
      return new BitcrapsError('STORE_FULL', { path }, { cause: error });
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new BitcrapsError('STORE_CORRUPT', { path, detail }, { cause: error });
    default:
      return new BitcrapsError('STORE_IO', { path, detail }, { cause: error });
  }
}

interface Pending {
  readonly batch: readonly StoreWrite[];
  readonly resolve: () => void;
  readonly reject: (error: BitcrapsError) => void;
}

class SqliteStore implements Store {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #get: StatementSync;
  readonly #range: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  #pending: Pending[] = [];
  #planned = false;
  #closed = false;

  constructor(path: string, database: DatabaseSync) {
    this.#path = path;
    this.#database = database;
    this.#get = database.prepare('SELECT value FROM entries WHERE key = ?');
    this.#range = database.prepare(
      'SELECT key, value FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ?',
    );
    this.#put = database.prepare(
      'INSERT INTO entries VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    this.#delete = database.prepare('DELETE FROM entries WHERE key = ?');
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const row = this.#reading(() => this.#get.get(key));
    return row === undefined ? undefined : bytesOf(row['value']);
  }

  range(from: Uint8Array, to: Uint8Array, entriesMax: number): readonly StoreEntry[] {
    const rows = this.#reading(() => this.#range.all(from, to, entriesMax));
    return rows.map((row) => ({ key: bytesOf(row['key']), value: bytesOf(row['value']) }));
  }

  write(batch: readonly StoreWrite[]): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closedError());
    // Copied, since the commit comes after the caller has gone on.
    const copy = batch.map((write) =>
      write.kind === 'put'
        ? { ...write, key: write.key.slice(), value: write.value.slice() }
        : { ...write, key: write.key.slice() },
    );
    return new Promise((resolve, reject) => {
      this.#pending.push({ batch: copy, resolve, reject });
      if (this.#pending.length >= GROUP_BATCHES_MAX) this.#commit();
      else this.#plan();
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#commit();
    this.#closed = true;
    this.#database.close();
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      if (!this.#closed) this.#commit();
    });
  }

  /** One transaction and one sync for everybody; where it fails, it fails for everybody and nothing is kept. */
  #commit(): void {
    const group = this.#pending;
    if (group.length === 0) return;
    this.#pending = [];
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const { batch } of group) for (const write of batch) this.#apply(write);
      this.#database.exec('COMMIT');
    } catch (error) {
      // SQLite ends the transaction by itself after some errors.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      const coded = storeError(this.#path, error);
      for (const { reject } of group) reject(coded);
      return;
    }
    for (const { resolve } of group) resolve();
  }

  #apply(write: StoreWrite): void {
    if (write.kind === 'put') this.#put.run(write.key, write.value);
    else this.#delete.run(write.key);
  }

  #reading<T>(read: () => T): T {
    if (this.#closed) throw this.#closedError();
    try {
      return read();
    } catch (error) {
      throw storeError(this.#path, error);
    }
  }

  #closedError(): BitcrapsError {
    return new BitcrapsError('STORE_CLOSED', { path: this.#path });
  }
}

function bytesOf(column: unknown): Uint8Array {
  return column instanceof Uint8Array ? column : new Uint8Array(0);
}
