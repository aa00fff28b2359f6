// Looks at the mesh after each change: who is lost together, and which links and members must not fail. A moment after it,
// so that news that belong together have come, and then not sooner again than the look was worth: one look at ten thousand
// members costs some 12 ms (`node scripts/bench-partitions.ts`), of which one a second is about a hundredth of a core.

import type { Clock, Timer } from '../env/clock.ts';
import {
  findCutPoints,
  highest,
  NO_NODE,
  type CutPoints,
} from '../resilience/partitions/cut-points.ts';
import { lostGroups, type MemberFate } from '../resilience/partitions/lost-groups.ts';
import {
  GATEWAY,
  looksApartMs,
  mutualLinks,
  NO_RELAY,
  reachedFrom,
  type MemberReports,
} from '../resilience/partitions/member-links.ts';
import {
  PartitionTracker,
  type Partition,
  type PartitionEvent,
} from '../resilience/partitions/partition-tracker.ts';
import type { Mesh } from './mesh-contract.ts';

/** After a change, until it is looked at. */
const LOOK_AFTER_MS = 100;
/** From one look to the next at least: four a second in a small mesh, one in a mesh of ten thousand. */
const LOOKS_APART_MS_MIN = 250;
/** Who is to be forgotten and cannot be yet, since there still are records, is looked at again so much later. */
const FORGET_AGAIN_MS = 600_000;
/** Links, and members, that are told as risks: those that would cut off most. */
export const RISKS_TOLD_MAX = 16;

/** A link whose loss would cut the mesh in two; a member likewise, where `to` is `null`. */
export interface CutRisk {
  /** PeerIds. */
  readonly from: Uint8Array;
  readonly to: Uint8Array | null;
  /** How many members would lose the larger part of the others. */
  readonly cutsOff: number;
}

export interface PartitionsReport {
  /** Partitions that last, since the start, and of these healed; what recurs soon counts once. */
  readonly active: number;
  readonly began: number;
  readonly healed: number;
  /** The latest first. */
  readonly partitions: readonly Partition[];
  /** All of them, those that cut off a single member included. */
  readonly bridgeLinks: number;
  readonly cutMembers: number;
  /** Of these the worst, at most `RISKS_TOLD_MAX` of each kind. */
  readonly risks: readonly CutRisk[];
}

export interface PartitionWatchDeps {
  readonly mesh: Pick<Mesh, 'onChange' | 'memberReports'>;
  readonly clock: Clock;
  /** What is known of a member that links do not lead to; `changed` is to be called when that changes. Default: nothing. */
  readonly fateOf?: (peer: Uint8Array) => MemberFate;
}

export class PartitionWatch {
  readonly #deps: PartitionWatchDeps;
  readonly #fateOf: (peer: Uint8Array) => MemberFate;
  readonly #tracker: PartitionTracker;
  #timer: Timer | null = null;
  #forgetTimer: Timer | null = null;
  #nextLookMs = -Infinity;
  #stopped = false;
  /** How many were reached when the first of those who are waited for went, this node included. */
  #sideSize = 0;
  #cuts: Pick<CutPoints, 'bridges' | 'cutNodes'> = { bridges: 0, cutNodes: 0 };
  #risks: readonly CutRisk[] = [];
  /** Those that were reached when one last was. */
  #gateways: readonly Uint8Array[] = [];

  constructor(deps: PartitionWatchDeps) {
    this.#deps = deps;
    this.#fateOf = deps.fateOf ?? (() => null);
    this.#tracker = new PartitionTracker(deps.clock);
    this.#tracker.onEvent(({ kind, partition: { scope, outcome } }) => {
      if (kind === 'ended' && scope === 'gateways' && outcome === 'forgotten') this.#gateways = [];
    });
    deps.mesh.onChange(() => this.changed());
    this.changed();
  }

  onEvent(listener: (event: PartitionEvent) => void): void {
    this.#tracker.onEvent(listener);
  }

  report(): PartitionsReport {
    return {
      active: this.#tracker.active,
      began: this.#tracker.began,
      healed: this.#tracker.healed,
      partitions: this.#tracker.partitions(),
      bridgeLinks: this.#cuts.bridges,
      cutMembers: this.#cuts.cutNodes,
      risks: this.#risks,
    };
  }

  /** Links or records changed, or what is known of a member: what follows from that is looked at soon. */
  changed(): void {
    if (this.#stopped || this.#timer !== null) return;
    const { clock } = this.#deps;
    const nowMs = clock.now();
    const atMs = Math.max(nowMs + LOOK_AFTER_MS, this.#nextLookMs);
    this.#timer = clock.after(atMs - nowMs, () => {
      this.#timer = null;
      const members = this.#deps.mesh.memberReports();
      this.#look(members);
      this.#nextLookMs = clock.now() + Math.max(LOOKS_APART_MS_MIN, looksApartMs(members));
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#forgetTimer?.cancel();
  }

  #look(members: MemberReports): void {
    const links = mutualLinks(members, false);
    const reached = reachedFrom(members, links);
    const reachedCount = reached.reduce((sum, one) => sum + one, 0);
    // Who joins this side while others are waited for makes their side no smaller.
    this.#sideSize =
      this.#tracker.active === 0 ? reachedCount : Math.min(this.#sideSize, reachedCount);
    const groups = lostGroups(members, links, reached, this.#fateOf, this.#sideSize);
    this.#tracker.update(members, reached, groups, this.#lostGateways(members, reached));
    this.#armForget();
    // What does not relay is no part of what can fall apart.
    const allRelay = members.flags.every((flag) => (flag & NO_RELAY) === 0);
    const cuts = findCutPoints(allRelay ? links : mutualLinks(members, true));
    this.#cuts = { bridges: cuts.bridges, cutNodes: cuts.cutNodes };
    this.#risks = risksOf(members, cuts);
  }

  /** A mesh in which nothing changes any more is looked at even so when it is time to forget who is waited for. */
  #armForget(): void {
    const { clock } = this.#deps;
    this.#forgetTimer?.cancel();
    const atMs = this.#tracker.forgetsAtMs;
    if (atMs === null) return;
    const delayMs = Math.max(FORGET_AGAIN_MS, atMs - clock.now());
    this.#forgetTimer = clock.after(delayMs, () => this.changed());
  }

  /**
   * Empty while a gateway is reached, and at a gateway. One that left is not lost, nor one that is reached and is no gateway
   * any more, since it drains or saves its battery.
   */
  #lostGateways(
    { self, flags, peerOf, nodeOf }: MemberReports,
    reached: Uint8Array,
  ): readonly Uint8Array[] {
    const isGateway = (node: number): boolean => ((flags[node] ?? 0) & GATEWAY) !== 0;
    if (self !== NO_NODE && isGateway(self)) return [];
    const near: Uint8Array[] = [];
    for (let node = 0; node < reached.length; node += 1) {
      if (reached[node] === 1 && isGateway(node)) near.push(peerOf(node));
    }
    if (near.length === 0) {
      return this.#gateways.filter(
        (peer) => reached[nodeOf(peer)] !== 1 && this.#fateOf(peer) !== 'left',
      );
    }
    this.#gateways = near;
    return [];
  }
}

function risksOf({ peerOf }: MemberReports, cuts: CutPoints): readonly CutRisk[] {
  const { bridgeSplits, cutOff, parents } = cuts;
  const links = highest(bridgeSplits, RISKS_TOLD_MAX).map((node) => ({
    from: peerOf(parents[node] ?? NO_NODE),
    to: peerOf(node),
    cutsOff: bridgeSplits[node] ?? 0,
  }));
  const members = highest(cutOff, RISKS_TOLD_MAX).map((node) => ({
    from: peerOf(node),
    to: null,
    cutsOff: cutOff[node] ?? 0,
  }));
  return [...links, ...members];
}
