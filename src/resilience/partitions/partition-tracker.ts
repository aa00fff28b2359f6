// The partitions that a node has seen: which members it lost together, since when, why, and when they came back. What comes
// and goes again and again is one partition that recurs, not many.

import type { Clock } from '../../env/clock.ts';
import { createFlapDamping, type FlapDamping } from '../flap-damping.ts';
import type { LostGroup, MissingLink, PartitionCause } from './lost-groups.ts';
import type { MemberReports } from './member-links.ts';

/** Partitions that last: of more groups the largest are followed. Made-up members cannot fill a memory with them. */
export const ACTIVE_MAX = 64;
/** Partitions that are remembered, those that last included; the one that ended first is forgotten first. */
export const HISTORY_MAX = 128;
/** Members whose return is waited for, in all: as many as a mesh has. */
export const LOST_TRACKED_MAX = 10_000;
/** PeerIds that are told of one partition. */
export const MEMBERS_NAMED_MAX = 64;
/** A partition whose members nobody has seen for so long is over, and was never healed: their records are forgotten, too. */
export const FORGOTTEN_MS: number = 24 * 3_600_000;

/** `members`: others of this mesh are out of reach. `gateways`: no gateway is, and so no other mesh. */
export type PartitionScope = 'members' | 'gateways';

/**
 * `healed`: links lead to who was lost again, to some at least, and nobody is waited for. `gone`: who was lost turned out to
 * have crashed or left. `forgotten`: see there.
 */
export type PartitionOutcome = 'healed' | 'gone' | 'forgotten';

export interface Partition {
  /** From 1 on, in the order of beginning. */
  readonly id: number;
  readonly scope: PartitionScope;
  readonly cause: PartitionCause;
  /** Links whose loss shows it, some of them. */
  readonly missing: readonly MissingLink[];
  /** How many members were lost, the most at a time at least, and how many of them still are. */
  readonly lost: number;
  readonly stillLost: number;
  /** PeerIds of members that were lost, at most `MEMBERS_NAMED_MAX`: those who still are first. */
  readonly members: readonly Uint8Array[];
  /** Wall clock; `null` while it lasts. */
  readonly beganAtMs: number;
  readonly endedAtMs: number | null;
  /** Monotonic: how long it has lasted so far, the times between recurrences left out. */
  readonly lastedMs: number;
  readonly outcome: PartitionOutcome | null;
  /** How often it came back so soon that it counts once. */
  readonly recurrences: number;
}

/** `recurred`: it came back so soon that it counts as the same. */
export interface PartitionEvent {
  readonly kind: 'began' | 'recurred' | 'ended';
  readonly partition: Partition;
}

interface Tracked {
  readonly id: number;
  readonly scope: PartitionScope;
  cause: PartitionCause;
  missing: readonly MissingLink[];
  /** By key, those who still are away. */
  readonly away: Map<string, Uint8Array>;
  /** These, and of those who are away no more at most `MEMBERS_NAMED_MAX`. */
  readonly members: Map<string, Uint8Array>;
  lost: number;
  /** Whether links led to somebody again, and to whom they do since all who were away had records; keys. */
  hasReturned: boolean;
  readonly returned: Set<string>;
  readonly beganAtMs: number;
  endedAtMs: number | null;
  sinceMs: number;
  lastedMs: number;
  outcome: PartitionOutcome | null;
  recurrences: number;
  readonly damping: FlapDamping;
  /** Until then it counts as the same one, if it comes again. */
  quietUntilMs: number;
}

export class PartitionTracker {
  /** Since the start. */
  began = 0;
  healed = 0;
  readonly #clock: Clock;
  /** The oldest first. */
  readonly #history: Tracked[] = [];
  readonly #listeners: ((event: PartitionEvent) => void)[] = [];
  #tracked = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get active(): number {
    return this.#active().length;
  }

  /** When the first of those that last is forgotten, on the monotonic clock; `null` if none lasts. */
  get forgetsAtMs(): number | null {
    const active = this.#active();
    if (active.length === 0) return null;
    return Math.min(...active.map(({ sinceMs }) => sinceMs)) + FORGOTTEN_MS;
  }

  /** The latest first. */
  partitions(): readonly Partition[] {
    return this.#history.map((tracked) => this.#shown(tracked)).toReversed();
  }

  onEvent(listener: (event: PartitionEvent) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * What is lost now. `gateways`: those that were known when the last one of them went out of reach, empty while one is
   * reached or none was.
   */
  update(
    members: MemberReports,
    reached: Uint8Array,
    groups: readonly LostGroup[],
    gateways: readonly Uint8Array[],
  ): void {
    /** By node: the partition that its group belongs to. */
    const owners = new Map<number, Tracked>();
    for (const group of groups.slice(0, ACTIVE_MAX)) {
      const peers = group.nodes.map((node) => members.peerOf(node));
      const tracked = this.#enter('members', peers, group.cause, group.missing);
      for (const node of group.nodes) owners.set(node, tracked);
    }
    if (gateways.length > 0) this.#enter('gateways', gateways, 'gateway-gone', []);
    for (const tracked of this.#active()) {
      if (tracked.scope === 'members') this.#look(tracked, members, reached, owners);
      else if (gateways.length === 0) this.#end(tracked, 'healed');
      else if (this.#isOld(tracked)) this.#end(tracked, 'forgotten');
    }
  }

  #active(): readonly Tracked[] {
    return this.#history.filter(({ endedAtMs }) => endedAtMs === null);
  }

  /** The partition of which these peers are: one that lasts, one that recurs, or a new one. */
  #enter(
    scope: PartitionScope,
    peers: readonly Uint8Array[],
    cause: PartitionCause,
    missing: readonly MissingLink[],
  ): Tracked {
    const keys = peers.map(keyOf);
    const nowMs = this.#clock.now();
    const isOf = (tracked: Tracked): boolean =>
      tracked.scope === scope && keys.some((key) => tracked.members.has(key));
    const lasting = this.#history.find((tracked) => tracked.endedAtMs === null && isOf(tracked));
    // The one before, whether or not it is long enough ago to be another: it hands on how often it came and went.
    const before = lasting === undefined ? this.#history.findLast(isOf) : undefined;
    const recurring = before !== undefined && nowMs < before.quietUntilMs ? before : undefined;
    const damping = before?.damping ?? createFlapDamping();
    const tracked = lasting ?? recurring ?? this.#begin(scope, cause, missing, damping);
    if (recurring !== undefined) {
      recurring.endedAtMs = null;
      recurring.outcome = null;
      recurring.hasReturned = false;
      recurring.returned.clear();
      recurring.recurrences += 1;
      recurring.sinceMs = nowMs;
      recurring.cause = cause;
      recurring.missing = missing;
    }
    for (const [i, key] of keys.entries()) {
      const peer = peers[i];
      if (peer === undefined || tracked.away.has(key) || this.#tracked >= LOST_TRACKED_MAX)
        continue;
      tracked.returned.delete(key);
      tracked.away.set(key, peer);
      tracked.members.set(key, peer);
      this.#tracked += 1;
    }
    tracked.lost = Math.max(tracked.lost, tracked.members.size, peers.length);
    if (recurring !== undefined) this.#tell('recurred', tracked);
    else if (lasting === undefined) this.#tell('began', tracked);
    return tracked;
  }

  #begin(
    scope: PartitionScope,
    cause: PartitionCause,
    missing: readonly MissingLink[],
    damping: FlapDamping,
  ): Tracked {
    this.began += 1;
    const tracked: Tracked = {
      id: this.began,
      scope,
      cause,
      missing,
      away: new Map(),
      members: new Map(),
      lost: 0,
      hasReturned: false,
      returned: new Set(),
      beganAtMs: this.#clock.wallMs(),
      endedAtMs: null,
      sinceMs: this.#clock.now(),
      lastedMs: 0,
      outcome: null,
      recurrences: 0,
      damping,
      quietUntilMs: -Infinity,
    };
    this.#history.push(tracked);
    this.#forgetOldest();
    return tracked;
  }

  /** Who is reached again, or turned out to be gone alone, is waited for no longer. */
  #look(
    tracked: Tracked,
    members: MemberReports,
    reached: Uint8Array,
    owners: ReadonlyMap<number, Tracked>,
  ): void {
    const absent: string[] = [];
    for (const [key, peer] of tracked.away) {
      const node = members.nodeOf(peer);
      if (node >= 0 && owners.get(node) === tracked) continue;
      if (node < 0) {
        absent.push(key);
        continue;
      }
      if (reached[node] === 1) {
        tracked.hasReturned = true;
        if (tracked.returned.size < LOST_TRACKED_MAX) tracked.returned.add(key);
      }
      this.#drop(tracked, key);
    }
    const isForgotten = absent.length > 0 && this.#isOld(tracked);
    if (isForgotten || isSideBack(tracked, absent.length)) {
      for (const key of absent) this.#drop(tracked, key);
    }
    // Who came back while the records of all others told where these are says nothing of them later on.
    if (absent.length === 0) tracked.returned.clear();
    if (tracked.away.size > 0) return;
    if (isForgotten) this.#end(tracked, 'forgotten');
    else this.#end(tracked, tracked.hasReturned ? 'healed' : 'gone');
  }

  #isOld({ sinceMs }: Tracked): boolean {
    return this.#clock.now() - sinceMs >= FORGOTTEN_MS;
  }

  #drop(tracked: Tracked, key: string): void {
    const { away, members } = tracked;
    if (!away.delete(key)) return;
    this.#tracked -= 1;
    if (members.size - away.size > MEMBERS_NAMED_MAX) members.delete(key);
  }

  #end(tracked: Tracked, outcome: PartitionOutcome): void {
    const nowMs = this.#clock.now();
    for (const key of tracked.away.keys()) this.#drop(tracked, key);
    tracked.returned.clear();
    // By these it is known again, if it recurs.
    for (const key of [...tracked.members.keys()].slice(MEMBERS_NAMED_MAX)) {
      tracked.members.delete(key);
    }
    tracked.endedAtMs = this.#clock.wallMs();
    tracked.lastedMs += nowMs - tracked.sinceMs;
    tracked.outcome = outcome;
    tracked.quietUntilMs = nowMs + tracked.damping.failed(nowMs);
    if (outcome === 'healed' && tracked.recurrences === 0) this.healed += 1;
    this.#tell('ended', tracked);
  }

  #forgetOldest(): void {
    if (this.#history.length <= HISTORY_MAX) return;
    const ended = this.#history.findIndex(({ endedAtMs }) => endedAtMs !== null);
    const [oldest] = this.#history.splice(Math.max(0, ended), 1);
    if (oldest?.endedAtMs === null) this.#end(oldest, 'forgotten');
  }

  #shown(tracked: Tracked): Partition {
    const { id, scope, cause, missing, lost, beganAtMs, endedAtMs, outcome, recurrences } = tracked;
    const sinceMs = endedAtMs === null ? this.#clock.now() - tracked.sinceMs : 0;
    return {
      id,
      scope,
      cause,
      missing,
      lost,
      stillLost: tracked.away.size,
      members: named(tracked),
      beganAtMs,
      endedAtMs,
      lastedMs: tracked.lastedMs + sinceMs,
      outcome,
      recurrences,
    };
  }

  #tell(kind: PartitionEvent['kind'], tracked: Tracked): void {
    const partition = this.#shown(tracked);
    for (const listener of this.#listeners) listener({ kind, partition });
  }
}

/**
 * Whether the absence of so many, of whom no record is left to tell where they are, says no more that they are cut off:
 * of a side that comes back more come back than are missing, who died on it or left. One who walks over comes alone. A
 * single one that is missing is no partition.
 */
function isSideBack({ returned }: Tracked, absent: number): boolean {
  return returned.size > 0 && absent < Math.max(2, returned.size);
}

/** Those who are away first. */
function named({ away, members }: Tracked): readonly Uint8Array[] {
  const names: Uint8Array[] = [];
  for (const ofAway of [true, false]) {
    for (const [key, peer] of ofAway ? away : members) {
      if (names.length >= MEMBERS_NAMED_MAX) return names;
      if (ofAway || !away.has(key)) names.push(peer);
    }
  }
  return names;
}

function keyOf(peer: Uint8Array): string {
  return String.fromCharCode(...peer);
}
