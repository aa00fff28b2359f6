// The mesh as membership sees it: made of the records and links when it is asked for, and kept for a moment, since questions
// come several at a time and a large mesh changes all the time.

import type { Clock } from '../env/clock.ts';
import type {
  MembershipView,
  Unreached,
  ViewedLink,
  Witness,
} from '../resilience/membership/membership-view.ts';
import { NO_NODE } from '../resilience/partitions/cut-points.ts';
import {
  LINKLESS,
  looksApartMs,
  mutualLinks,
  reachedFrom,
  reports,
  type MemberReports,
} from '../resilience/partitions/member-links.ts';
import type { Mesh } from './mesh-contract.ts';

/** A picture is used for so long at least, and longer in a large mesh, which takes some milliseconds for another. */
const PICTURE_MS_MIN = 50;
/** Many who are unreached cost more than a picture: what their witnesses say is read for each. */
const LOOK_MS_PER_MEMBER = 0.5;

interface Picture {
  readonly version: number;
  readonly madeAtMs: number;
  readonly members: MemberReports;
  /** By node. */
  readonly reached: Uint8Array;
}

export class RecordsView implements MembershipView {
  readonly #mesh: Mesh;
  readonly #clock: Clock;
  #picture: Picture | null = null;

  constructor(mesh: Mesh, clock: Clock) {
    this.#mesh = mesh;
    this.#clock = clock;
  }

  links(): readonly ViewedLink[] {
    const nowMs = this.#clock.now();
    return this.#mesh
      .neighbours()
      .map(({ peer, heardMsAgo, suspect }) => ({ peer, heardAtMs: nowMs - heardMsAgo, suspect }));
  }

  looksApartMs(): number {
    const members = this.#picture?.members;
    if (members === undefined) return 0;
    return Math.max(LOOK_MS_PER_MEMBER * members.nodes, looksApartMs(members));
  }

  reaches(peer: Uint8Array): boolean {
    const { members, reached } = this.#current();
    const node = members.nodeOf(peer);
    return node !== NO_NODE && reached[node] === 1;
  }

  witnesses(peer: Uint8Array): readonly Witness[] | null {
    const { members, reached } = this.#current();
    const node = members.nodeOf(peer);
    if (node === NO_NODE) return null;
    const end = members.starts[node + 1] ?? 0;
    const found: Witness[] = [];
    for (let i = members.starts[node] ?? 0; i < end; i += 1) {
      const target = members.targets[i] ?? 0;
      found.push({
        peer: members.peerOf(target),
        reached: reached[target] === 1,
        denies: !reports(members, target, node),
      });
    }
    return found;
  }

  unreached(): readonly Unreached[] {
    const { members, reached } = this.#current();
    const found: Unreached[] = [];
    for (let node = 0; node < members.nodes; node += 1) {
      if (reached[node] === 1) continue;
      const saidGoodbye = ((members.flags[node] ?? 0) & LINKLESS) !== 0;
      found.push({ peer: members.peerOf(node), saidGoodbye });
    }
    return found;
  }

  #current(): Picture {
    const nowMs = this.#clock.now();
    const { version } = this.#mesh;
    const known = this.#picture;
    if (known !== null) {
      const usedMs = Math.max(PICTURE_MS_MIN, looksApartMs(known.members));
      if (known.version === version || nowMs - known.madeAtMs < usedMs) return known;
    }
    const members = this.#mesh.memberReports();
    const reached = reachedFrom(members, mutualLinks(members, false));
    this.#picture = { version, madeAtMs: nowMs, members, reached };
    return this.#picture;
  }
}
