// Links whose other end knows no updates: whole records in frames of their own, a summary when the link comes up, and
// where it differs lists of what either side has, in ranges.

import { bytesEqual, compareBytes } from '../core/bytes.ts';
import type { BitcrapsError } from '../core/errors.ts';
import { byteKey } from './byte-key.ts';
import type { Primitives } from '../env/primitives.ts';
import type { LinkStateDatabase } from './link-state-database.ts';
import {
  decodeDigest,
  encodeDigest,
  ENTRY_HASH_BYTES,
  RANGE_ENTRIES_MAX,
  summaryOf,
  type Digest,
  type DigestEntry,
} from './link-state-digest.ts';
import type { PortState } from './link-state-port.ts';
import type { PooledRecord } from './record-pool.ts';

/** A neighbour is listed to at most this often, and asked again so long after its records were dropped. */
export const LIST_INTERVAL_MS_MIN = 5_000;

export interface LegacyDeps {
  /** PeerId. */
  readonly self: Uint8Array;
  readonly primitives: Primitives;
  readonly database: LinkStateDatabase;
}

export class LegacyLinks {
  readonly #deps: LegacyDeps;

  constructor(deps: LegacyDeps) {
    this.#deps = deps;
  }

  /** The next digest for the link, `null` if none is due. */
  nextDigest(state: PortState): Uint8Array | null {
    if (state.summaryUnsent) {
      state.summaryUnsent = false;
      return encodeDigest({ kind: 'summary', hash: this.#summaryFor(state.peer) });
    }
    return state.listAfter === undefined ? null : this.#nextRange(state, state.listAfter);
  }

  /** What is wrong with the digest, `null` if nothing. */
  receive(payload: Uint8Array, state: PortState, nowMs: number): BitcrapsError | null {
    const digest = decodeDigest(payload);
    if (!digest.ok) return digest.error;
    if (digest.value.kind === 'range') this.#compareRange(digest.value, state, nowMs);
    else if (!bytesEqual(digest.value.hash, this.#summaryFor(state.peer))) this.list(state, nowMs);
    return null;
  }

  /** Starts to tell the neighbour what this node has, so that it sends what this node lacks. */
  list(state: PortState, nowMs: number): void {
    if (state.listedAtMs !== null && nowMs < state.listedAtMs + LIST_INTERVAL_MS_MIN) {
      state.relistAtMs = state.listedAtMs + LIST_INTERVAL_MS_MIN;
      return;
    }
    state.relistAtMs = null;
    state.listedAtMs = nowMs;
    state.listAfter = null;
  }

  /** Over everything but the records of both ends, which cross each new link anyway. */
  #summaryFor(peer: Uint8Array): Uint8Array {
    const { self, primitives, database } = this.#deps;
    const entries = database
      .sorted()
      .map(entryOf)
      .filter(({ originator }) => !bytesEqual(originator, self) && !bytesEqual(originator, peer));
    return summaryOf(primitives, entries);
  }

  #nextRange(state: PortState, after: Uint8Array | null): Uint8Array {
    const rest = this.#deps.database
      .sorted()
      .map(entryOf)
      .filter(({ originator }) => after === null || compareBytes(originator, after) > 0);
    const entries = rest.slice(0, RANGE_ENTRIES_MAX);
    const upTo = rest.length > RANGE_ENTRIES_MAX ? (entries.at(-1)?.originator ?? null) : null;
    state.listAfter = upTo ?? undefined;
    return encodeDigest({ kind: 'range', after, upTo, entries });
  }

  /** Sends what the neighbour lacks; lists in turn, once for each link, if this node lacks something. */
  #compareRange(
    { after, upTo, entries }: Digest & { readonly kind: 'range' },
    state: PortState,
    nowMs: number,
  ): void {
    const { database } = this.#deps;
    const theirs = new Map(entries.map((entry) => [byteKey(entry.originator), entry]));
    for (const record of database.sorted()) {
      const entry = entryOf(record);
      const { originator } = entry;
      if (after !== null && compareBytes(originator, after) <= 0) continue;
      if (upTo !== null && compareBytes(originator, upTo) > 0) continue;
      const their = theirs.get(byteKey(originator));
      if (their === undefined || isAhead(entry, their)) {
        state.answers.set(record.originator, 'whole');
      }
    }
    if (state.listedAtMs !== null) return;
    const lacks = entries.some((entry) => {
      const held = database.get(entry.originator);
      return held === undefined || isAhead(entry, entryOf(held));
    });
    if (lacks) this.list(state, nowMs);
  }
}

function entryOf({ signed }: PooledRecord): DigestEntry {
  const { originator, sequence } = signed.record;
  return { originator, sequence, hash: signed.hash.subarray(0, ENTRY_HASH_BYTES) };
}

/** Whether `a` would replace `b` of the same originator. */
function isAhead(a: DigestEntry, b: DigestEntry): boolean {
  if (a.sequence !== b.sequence) return a.sequence > b.sequence;
  return compareBytes(a.hash, b.hash) < 0;
}
