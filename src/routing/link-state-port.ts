// What link state keeps of one link: its place in the tree, how far its other end has been told, and what waits to be
// sent there beyond the log.

import type { LinkStateLog, LogCursor } from './link-state-log.ts';
import type { Proof, TrieNode } from './link-state-update.ts';
import { wordAt, type PooledRecord } from './record-pool.ts';
import { createTokenBucket, type TokenBucket } from '../core/token-bucket.ts';

/** Records from one neighbour: a whole area twice at once, then as many as cost a few percent of a core to check. */
export const NEIGHBOUR_BURST = 24_000;
export const NEIGHBOUR_PER_SECOND = 1_000;
/** Digests and comparisons from one neighbour: those of two whole areas, then one a second. */
const DIGESTS_BURST = 64;
const DIGESTS_PER_SECOND = 1;
/** Labels are 2…65 535: 0 stands for an answer, 1 for a record at its originator. */
const LABELS = 0xfffe;

/** As what an answer is sent: whole, as the change that everybody gets, or as a change of this record. */
export type AnswerForm = 'delta' | 'whole' | PooledRecord;

export interface PortState {
  readonly port: number;
  /** PeerId. */
  readonly peer: Uint8Array;
  /** By which `LinkStateLog` remembers what the other end has. */
  readonly slot: number;
  /** Whether the link takes updates; else it gets records and digests. */
  readonly modern: boolean;
  /** The same at both ends: 2…65 535. */
  readonly label: number;
  weight: number;
  metrics: number;
  readonly cursor: LogCursor;
  /** In the tree: gets records; else their ids. */
  eager: boolean;
  eagerSinceMs: number;
  /** Broadcasts that came over it although they were known. */
  duplicates: number;
  /** When the news in the log are to be sent; `null` while there are none, or they are `ready`. */
  newsAtMs: number | null;
  /** How long the next news wait for company. */
  holdMs: number;
  ready: boolean;
  /** By number of the originator: records that the other end lacks or asked for. */
  readonly answers: Map<number, AnswerForm>;
  /** First 4 bytes of ids; names by signature, two words each. */
  want: number[];
  wantFull: number[];
  tell: 'prune' | 'graft' | null;
  tries: TrieNode[];
  salt: Uint8Array | null;
  proofs: Proof[];
  /** Records that go out as they are: proofs that are too long for one frame. */
  evidence: Uint8Array[];
  /** When to compare everything with the other end; `null`: not. */
  compareAtMs: number | null;
  /** Comparisons that found a difference while records were on their way. */
  deferrals: number;
  /** The other end was out of reach before: differences are not just on their way. */
  readonly fresh: boolean;
  readonly records: TokenBucket;
  readonly digests: TokenBucket;
  /** Of a link without updates: the summary is to be sent; the list goes on after this originator; see `LegacyLinks`. */
  summaryUnsent: boolean;
  listAfter: Uint8Array | null | undefined;
  listedAtMs: number | null;
  relistAtMs: number | null;
}

export interface PortInit {
  readonly port: number;
  readonly self: Uint8Array;
  readonly peer: Uint8Array;
  readonly slot: number;
  readonly modern: boolean;
  readonly weight: number;
  readonly metrics: number;
  readonly eager: boolean;
  readonly fresh: boolean;
  readonly holdMs: number;
  readonly nowMs: number;
}

export function createPort(init: PortInit, log: LinkStateLog): PortState {
  const { port, self, peer, slot, modern, weight, metrics, eager, fresh, nowMs } = init;
  return {
    port,
    peer,
    slot,
    modern,
    label: labelOf(self, peer),
    weight,
    metrics,
    cursor: log.openCursor(),
    eager,
    eagerSinceMs: nowMs,
    duplicates: 0,
    newsAtMs: null,
    holdMs: init.holdMs,
    ready: false,
    answers: new Map(),
    want: [],
    wantFull: [],
    tell: null,
    tries: [],
    salt: null,
    proofs: [],
    evidence: [],
    compareAtMs: null,
    deferrals: 0,
    fresh,
    records: createTokenBucket(NEIGHBOUR_BURST, NEIGHBOUR_PER_SECOND),
    digests: createTokenBucket(DIGESTS_BURST, DIGESTS_PER_SECOND),
    summaryUnsent: !modern,
    listAfter: undefined,
    listedAtMs: null,
    relistAtMs: null,
  };
}

/** The lowest slot that no link has. */
export function freeSlot(ports: Iterable<PortState>): number {
  const taken = new Set<number>();
  for (const { slot } of ports) taken.add(slot);
  let slot = 0;
  while (taken.has(slot)) slot += 1;
  return slot;
}

/** Of the link between two peers, whichever asks; so spread that few links of a mesh share one. */
export function labelOf(one: Uint8Array, other: Uint8Array): number {
  const words = wordAt(one, 4) ^ wordAt(other, 4);
  const mixed = Math.imul(words ^ (words >>> 15), 0x2c1b_3c6d);
  return (((mixed ^ (mixed >>> 12)) >>> 0) % LABELS) + 2;
}
