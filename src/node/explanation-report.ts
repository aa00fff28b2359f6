// Why packets of this node go where they go, as a report: node numbers of the live topology become PeerIds.

import { BitcrapsError } from '../core/errors.ts';
import { peerIdShort, peerIdText } from '../core/peer-id.ts';
import type { ExplainedHop, ExplainedRoute, RouteExplanation } from '../routing/explain.ts';
import { explanationLines } from '../routing/explanation-text.ts';
import type { CasinoNode } from './node.ts';

type Named<T> = Omit<T, 'nodes' | 'hops' | 'shared'> & {
  /** PeerIds from this node to the destination. */
  readonly nodes: readonly string[];
  readonly hops: readonly (Omit<ExplainedHop, 'from' | 'to'> & {
    readonly from: string;
    readonly to: string;
  })[];
};

export interface ExplanationReport {
  readonly source: string;
  readonly destination: string;
  readonly policy: RouteExplanation['policy'];
  readonly criteria: RouteExplanation['criteria'];
  readonly chosen: Named<ExplainedRoute> | null;
  readonly rejected: readonly (Named<ExplainedRoute> & {
    readonly rejected: string;
    readonly shared: readonly string[];
  })[];
  /** Neighbours whose link does not answer. */
  readonly suspects: readonly string[];
  readonly disjoint: {
    readonly wanted: number;
    readonly routes: readonly Named<ExplainedRoute>[];
    readonly cut: {
      readonly nodes: readonly string[];
      readonly links: readonly (readonly [string, string])[];
    } | null;
  };
  /** The same for people. */
  readonly lines: readonly string[];
}

/** Throws `NODE_PEER_UNKNOWN` for a peer that is not in this mesh. */
export function explanationReport(
  { mesh }: CasinoNode,
  destination: Uint8Array,
): ExplanationReport {
  const found = mesh.explain(destination);
  if (found === null)
    throw new BitcrapsError('NODE_PEER_UNKNOWN', { peer: peerIdText(destination) });
  const { explanation } = found;
  const name = (node: number): string => peerIdText(found.peerOf(node));
  const named = ({ nodes, hops, ...rest }: ExplainedRoute): Named<ExplainedRoute> => ({
    ...rest,
    nodes: nodes.map(name),
    hops: hops.map(({ from, to, ...hop }) => ({ ...hop, from: name(from), to: name(to) })),
  });
  const { chosen, rejected, suspects, disjoint, policy, criteria } = explanation;
  const { wanted, routes, cut } = disjoint;
  return {
    source: name(explanation.source),
    destination: name(explanation.destination),
    policy,
    criteria,
    chosen: chosen === null ? null : named(chosen),
    rejected: rejected.map(({ shared, ...route }) => ({
      ...named(route),
      rejected: route.rejected,
      shared: shared.map(name),
    })),
    suspects: suspects.map(name),
    disjoint: {
      wanted,
      routes: routes.map(named),
      cut:
        cut === null
          ? null
          : {
              nodes: cut.nodes.map(name),
              links: cut.links.map(([from, to]) => [name(from), name(to)] as const),
            },
    },
    lines: explanationLines(explanation, (node) => peerIdShort(found.peerOf(node))),
  };
}
