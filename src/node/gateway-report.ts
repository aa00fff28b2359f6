// What a node knows of gateways, and which one it would choose and why not the others, as a report.

import { formatAmount, parseAmount } from '../core/amount.ts';
import { bytesEqual } from '../core/bytes.ts';
import { BitcrapsError } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import {
  DIMENSIONS,
  PREFERENCES,
  WEIGHTS,
  type Preference,
} from '../gateway/selection/gateway-score.ts';
import type { Selection } from '../gateway/selection/gateway-selection.ts';
import type { KnownGateway } from '../gateway/selection/gateway-view.ts';
import type { Assessment } from '../gateway/selection/select-best.ts';
import type { SelectionCriteria } from '../gateway/selection/selection-criteria.ts';
import type { CasinoNode } from './node.ts';
import type { GatewayCrossings, GatewayReport, GatewaysReport, GatewayState } from './report.ts';

type Params = Readonly<Record<string, unknown>>;

/** This node if it is a gateway, those of its mesh, and those that its bridges lead to. */
export function gatewaysReport(node: CasinoNode, params: Params): GatewaysReport {
  const asked = askedCriteria(params);
  const { gatewayChoice } = node;
  const known = new Map(
    (gatewayChoice?.selection.discover() ?? []).map((one) => [peerIdText(one.found.gateway), one]),
  );
  const selection =
    gatewayChoice === null
      ? null
      : Object.keys(asked).length === 0
        ? gatewayChoice.selection.selectBest()
        : gatewayChoice.selection.selectBest(asked);
  const chosen = selection?.chosen ?? null;
  return {
    criteria: selection === null ? null : criteriaReport(selection.criteria),
    chosen: chosen === null ? null : peerIdText(chosen),
    fit: selection?.tier === 'fit',
    switches: selection?.switches ?? 0,
    moves: selection?.moves ?? 0,
    probes: gatewayChoice?.selection.probes ?? 0,
    gateways: [...ownMesh(node, selection, known), ...otherMeshes(node, known)],
  };
}

/** Errors (thrown): `NODE_CONTROL_ARGUMENT`. */
function askedCriteria(params: Params): Partial<SelectionCriteria> {
  const { prefer, maxLoad, minUptime, maxPrice } = params;
  return {
    ...(prefer === undefined ? {} : { preference: preferenceOf(prefer) }),
    ...(maxLoad === undefined ? {} : { maxLoad: shareOf(maxLoad, 'maxLoad') }),
    ...(minUptime === undefined ? {} : { minUptime: shareOf(minUptime, 'minUptime') }),
    ...(maxPrice === undefined ? {} : { maxPricePerMiB: priceOf(maxPrice) }),
  };
}

function preferenceOf(value: unknown): Preference {
  const found = PREFERENCES.find((one) => one === value);
  if (found !== undefined) return found;
  throw wrong('prefer', PREFERENCES.join(', '));
}

function shareOf(value: unknown, argument: string): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw wrong(argument, 'a number from 0 to 1');
}

function priceOf(value: unknown): bigint {
  const parsed = typeof value === 'string' ? parseAmount(value) : null;
  if (parsed?.ok === true) return parsed.value;
  throw wrong('maxPrice', 'an amount of CRAP as text');
}

function wrong(argument: string, expected: string): BitcrapsError {
  return new BitcrapsError('NODE_CONTROL_ARGUMENT', { argument, expected });
}

function criteriaReport(criteria: SelectionCriteria): NonNullable<GatewaysReport['criteria']> {
  const { maxPricePerMiB, preference, maxLoad, minUptime, transports } = criteria;
  const maxPrice = maxPricePerMiB === null ? null : formatAmount(maxPricePerMiB);
  return { preference, maxLoad, minUptime, maxPrice, transports };
}

function ownMesh(
  node: CasinoNode,
  selection: Selection | null,
  known: ReadonlyMap<string, KnownGateway>,
): readonly GatewayReport[] {
  const { mesh, gateway, config } = node;
  const assessed = new Map(
    (selection?.assessments ?? []).map((one) => [peerIdText(one.candidate.gateway), one]),
  );
  const self = peerIdText(mesh.self);
  return mesh
    .members()
    .filter((member) => member.gateway)
    .map(({ peer, reachable, hops }) => {
      const id = peerIdText(peer);
      const place = {
        gateway: id,
        mesh: config.meshName,
        reachable,
        hops: reachable ? hops : null,
      };
      const rest = { announcedPeers: null, crossings: null };
      if (id === self) {
        return { ...place, ...rest, ...ownFacts(node), crossings: gateway?.crossings() ?? null };
      }
      const assessment = assessed.get(id);
      return {
        ...place,
        ...rest,
        kind: 'member' as const,
        ...factsOf(known.get(id)),
        ...verdictOf(assessment, selection),
        destinations:
          assessment === undefined ? 0 : (selection?.destinations.get(assessment.key) ?? 0),
      };
    });
}

function otherMeshes(
  { gateway }: CasinoNode,
  known: ReadonlyMap<string, KnownGateway>,
): readonly GatewayReport[] {
  const crossings = new Map<string, GatewayCrossings>(
    (gateway?.bridges() ?? []).map((bridge) => [peerIdText(bridge.gateway), bridge.crossings]),
  );
  return (gateway?.gateways() ?? []).map((far) => {
    const id = peerIdText(far.gateway);
    return {
      gateway: id,
      kind: 'remote',
      mesh: far.meshName,
      reachable: far.reachable,
      hops: far.reachable ? far.hops : null,
      announcedPeers: far.peers,
      crossings: crossings.get(id) ?? null,
      ...factsOf(known.get(id)),
      state: 'other-mesh',
      why: 'in another mesh',
      score: null,
      obstacles: [],
      destinations: 0,
    };
  });
}

type Facts = Omit<
  GatewayReport,
  | 'gateway'
  | 'kind'
  | 'mesh'
  | 'reachable'
  | 'hops'
  | 'announcedPeers'
  | 'crossings'
  | 'state'
  | 'why'
  | 'score'
  | 'obstacles'
  | 'destinations'
>;

function factsOf(known: KnownGateway | undefined): Facts {
  const { measured, believed } = known ?? {};
  const offer = known?.offer ?? null;
  const price = known?.pricePerMiB ?? null;
  return {
    load: believed?.load ?? null,
    uptime: believed?.uptime ?? null,
    bandwidth: believed?.bandwidth ?? null,
    claimed:
      offer === null
        ? null
        : {
            load: offer.load,
            uptime: offer.uptime,
            capacity: offer.capacityBytesPerSecond,
          },
    transports: offer?.transports ?? [],
    draining: offer?.draining ?? false,
    price: price === null ? null : formatAmount(price),
    roundTripMs: measured?.roundTripMs ?? null,
    jitterMs: measured?.jitterMs ?? null,
    successRate: measured?.successRate ?? null,
    throughput: measured?.throughput ?? null,
    trust: known?.trust ?? null,
    contradictions: known?.contradictions ?? { load: 0, uptime: 0, capacity: 0 },
    ejectedMs: known?.ejectedMs ?? 0,
  };
}

function ownFacts({
  gatewayChoice,
}: CasinoNode): Omit<
  GatewayReport,
  'gateway' | 'mesh' | 'reachable' | 'hops' | 'announcedPeers' | 'crossings'
> {
  const claims = gatewayChoice?.claims?.now() ?? null;
  const price = gatewayChoice?.ownPrice() ?? null;
  const next = gatewayChoice?.nextPrice() ?? null;
  const capacity = claims?.capacityBytesPerSecond ?? null;
  return {
    ...factsOf(undefined),
    kind: 'self',
    load: claims?.load ?? null,
    uptime: claims?.uptime ?? null,
    bandwidth: capacity === null ? null : capacity * (1 - (claims?.load ?? 0)),
    claimed: claims === null ? null : { load: claims.load, uptime: claims.uptime, capacity },
    transports: claims?.transports ?? [],
    draining: claims?.draining ?? false,
    price: price === null ? null : formatAmount(price),
    state: 'self',
    why: next === null ? 'this node' : `this node; ${nextPriceText(next)}`,
    score: null,
    obstacles: [],
    destinations: 0,
  };
}

function nextPriceText({ game, inMs }: { readonly game: bigint; readonly inMs: number }): string {
  return `${formatAmount(game)} CRAP/MiB in ${Math.max(0, Math.ceil(inMs / 1000))} s`;
}

function verdictOf(
  assessment: Assessment | undefined,
  selection: Selection | null,
): Pick<GatewayReport, 'state' | 'why' | 'score' | 'obstacles'> {
  if (selection === null) {
    const why = 'this node speaks a version that has no gateways';
    return { state: 'never', why, score: null, obstacles: [] };
  }
  if (assessment === undefined) {
    return { state: 'never', why: 'unreachable', score: null, obstacles: [] };
  }
  const { score, obstacles } = assessment;
  const { total, dimensions } = score;
  const state = stateOf(assessment, selection);
  return {
    state,
    why: whyOf(assessment, state, selection),
    score: { total, dimensions },
    obstacles,
  };
}

function stateOf({ candidate, near, tier }: Assessment, selection: Selection): GatewayState {
  const { chosen } = selection;
  if (chosen !== null && bytesEqual(candidate.gateway, chosen)) return 'chosen';
  if (near) return 'equal';
  if (tier === 'fit') return 'worse';
  return tier === 'last' ? 'last-resort' : tier;
}

/** One line for people. */
function whyOf(assessment: Assessment, state: GatewayState, selection: Selection): string {
  const { score, obstacles } = assessment;
  const { preference } = selection.criteria;
  const total = score.total.toFixed(2);
  const lacks = obstacles
    .map(({ filter, has, wants }) => `${filter}: ${has}, wants ${wants}`)
    .join('; ');
  switch (state) {
    case 'chosen': {
      const parts = DIMENSIONS.map((one) => {
        const points = WEIGHTS[preference][one] * score.dimensions[one];
        return `${one} ${points.toFixed(2)}`;
      });
      const { trust } = assessment.candidate;
      const doubt = trust < 1 ? `, times trust ${trust.toFixed(2)}` : '';
      const points = `${preference} ${total} = ${parts.join(' + ')}${doubt}`;
      return obstacles.length === 0 ? points : `nothing better is there (${lacks}); ${points}`;
    }
    case 'equal':
      return `nearly equal: ${total}${lacks === '' ? '' : ` (${lacks})`}`;
    case 'worse': {
      const best = selection.assessments[0]?.score.total ?? 0;
      return `${total}, ${(best - score.total).toFixed(2)} below the best`;
    }
    default:
      return lacks === '' ? total : lacks;
  }
}
