// What can be done about a failure, by what failed: the cheapest that may help first.

/** What failed. A subject is a PeerId as text or the name of a partition; for the budget it is one node. */
export interface Failure {
  readonly kind: FailureKind;
  readonly subject: string;
}

/**
 * `link`: to a neighbour, which may be well or not. `way`: packets to a member get lost although links are up. `partition`:
 * links lead to none of several members.
 */
export type FailureKind = 'link' | 'way' | 'partition';

/**
 * `reconnect`: dial the subject where it was. `alternative-route`: reach it by other ways than the failed one.
 * `bridge-node`: find somebody who is linked to the other side, beyond the links at hand.
 */
export type PlanKind = 'reconnect' | 'alternative-route' | 'bridge-node';

/** In the order in which they are tried. */
export const PLANS: Readonly<Record<FailureKind, readonly PlanKind[]>> = {
  // The other end is probably there, and its address is known.
  link: ['reconnect', 'alternative-route', 'bridge-node'],
  // No link is down, so that there is none to restore.
  way: ['alternative-route', 'bridge-node'],
  // By definition no way is left.
  partition: ['bridge-node', 'reconnect'],
};

export function failureKey({ kind, subject }: Failure): string {
  return `${kind} ${subject}`;
}
