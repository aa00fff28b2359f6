// What can be said against a member, and whether this node is one to say it.

import { bytesEqual } from '../../core/bytes.ts';
import { peerIdText, type PeerIdText } from '../../core/peer-id.ts';
import type { MemberTable, Suspicion } from './member-table.ts';
import type { MembershipView } from './membership-view.ts';
import { CONFIRMATIONS_MAX } from './suspicion-timeout.ts';

export interface Judgement {
  /** Others that were linked to it and say that it is silent, in their records or in answer. */
  readonly confirmations: number;
  /** Of how many that is to be expected, at most `CONFIRMATIONS_MAX`. */
  readonly expected: number;
  /** Whether most of those who were linked to it say so, this node included where it was. */
  readonly areMost: boolean;
}

/**
 * Those who are dead or gone themselves do not count; those who are not reached may well be there with it, on the other side
 * of a partition.
 */
export function judge(
  peer: Uint8Array,
  suspicion: Suspicion | null,
  self: Uint8Array,
  view: MembershipView,
  table: MemberTable,
): Judgement {
  let own = suspicion?.by === 'link' ? 1 : 0;
  let others = 0;
  let confirmations = 0;
  for (const witness of view.witnesses(peer) ?? []) {
    if (bytesEqual(witness.peer, self)) {
      if (witness.denies) own = 1;
      continue;
    }
    const key = peerIdText(witness.peer);
    const verdict = table.verdict(key);
    if (verdict === 'confirmed' || verdict === 'left') continue;
    others += 1;
    if (!witness.reached) continue;
    if (witness.denies || suspicion?.inquiry?.silent.has(key) === true) confirmations += 1;
  }
  return {
    confirmations,
    expected: Math.min(CONFIRMATIONS_MAX, others),
    areMost: 2 * (confirmations + own) > others + own,
  };
}

/**
 * Whether this node hears others well enough to say of one that it is silent: at least as many as it does not hear, and
 * somebody. The first that falls silent may be dead; when most do, it is this node that is slow or cut off.
 */
export function isTrusted(except: Uint8Array, view: MembershipView, table: MemberTable): boolean {
  let heard = 0;
  let silent = 0;
  const linked = new Set<PeerIdText>();
  for (const { peer, suspect } of view.links()) {
    linked.add(peerIdText(peer));
    if (bytesEqual(peer, except)) continue;
    if (suspect) silent += 1;
    else heard += 1;
  }
  for (const { peer, key, by } of table.suspicions()) {
    if (by === 'link' && !linked.has(key) && !bytesEqual(peer, except)) silent += 1;
  }
  return heard > 0 && heard >= silent;
}
