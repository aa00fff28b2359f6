// What a node has to do with the choice of gateways: it chooses among those of its mesh for its own packets, knows their
// prices, and if it is one itself, tells what it offers.

import { bytesEqual } from '../core/bytes.ts';
import { featuresOf } from '../versioning/offer.ts';
import type { ProtocolVersion } from '../versioning/protocol-version.ts';
import type { Identity } from '../crypto/signing.ts';
import type { Clock } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import type { Metrics } from '../env/metrics.ts';
import type { Primitives } from '../env/primitives.ts';
import type { Rng } from '../env/rng.ts';
import type { OwnPrice } from '../gateway/accounting/own-price.ts';
import { createPriceService, type PriceService } from '../gateway/accounting/price-service.ts';
import type { NodeGate } from '../gateway/admission/gate.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { GatewaySelection } from '../gateway/selection/gateway-selection.ts';
import { bridgeSource, meshSource } from '../gateway/selection/gateway-source.ts';
import { OfferDesk } from '../gateway/selection/offer-desk.ts';
import { OwnClaims, type OwnClaimsDeps } from '../gateway/selection/own-claims.ts';
import type { SelectionCriteria } from '../gateway/selection/selection-criteria.ts';
import type { Mesh } from '../mesh/mesh.ts';

/** Prices are asked of the nearest gateways of the mesh, at most so many. */
const PRICED_GATEWAYS_MAX = 8;
const BYTES_PER_MBIT = 125_000;

export interface GatewayChoiceConfig {
  readonly identity: Identity;
  readonly meshName: string;
  readonly version: ProtocolVersion;
  /** What this node asks of gateways; what is left out is as in `DEFAULT_CRITERIA`. */
  readonly selection?: Partial<SelectionCriteria>;
  /** Bytes per second that this gateway can carry between meshes, both ways together; `null` where it is not told. */
  readonly gatewayCapacity?: number | null;
  /** On which this gateway takes links. */
  readonly gatewayTransports?: readonly string[];
}

export interface GatewayChoiceDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly bootEpoch: number;
  readonly mesh: Mesh;
  /** `null` where this node is none. */
  readonly gateway: Gateway | null;
  /** Who may come in, where this node listens. */
  readonly gate?: Pick<NodeGate, 'report'>;
  /** What this gateway asks; it asks nothing where none is given. */
  readonly ownPrice?: OwnPrice;
}

export interface GatewayChoice {
  readonly selection: GatewaySelection;
  readonly prices: PriceService;
  /** What this gateway says of itself; `null` where it is none. */
  readonly claims: OwnClaims | null;
  /** What this gateway asks for a MiB of game traffic, in units of CRAP; `null` where it promised nothing. */
  ownPrice(): bigint | null;
  /** The same, announced and not in force yet; `null` where no change is. */
  nextPrice(): { readonly game: bigint; readonly inMs: number } | null;
  stop(): void;
}

/** `null` for a version that has no gateways. */
export function createGatewayChoice(
  config: GatewayChoiceConfig,
  deps: GatewayChoiceDeps,
): GatewayChoice | null {
  if (!featuresOf(config.version).some(({ name }) => name === 'GatewayNodes')) return null;
  const { primitives, clock, logger, mesh, gateway } = deps;
  const prices = createPriceService({
    mesh,
    clock,
    primitives,
    own: deps.ownPrice ?? null,
    onRefused: (_, { code }) => logger.info('gateway-price-refused', { code }),
  });
  const claims = gateway === null ? null : ownClaims(config, deps, gateway);
  const desk =
    gateway === null || claims === null
      ? null
      : new OfferDesk({
          ...config,
          ...deps,
          claims: () => claims.now(),
          reaches: (peer) => mesh.cost(peer) !== null || gateway.reaches(peer),
        });
  const selection = new GatewaySelection(config.selection ?? {}, {
    ...deps,
    desk,
    sources: [
      meshSource(mesh, config.meshName),
      ...(gateway === null ? [] : [bridgeSource(gateway)]),
    ],
    // The class that players' messages are of.
    priceOf: (peer) => prices.book.termsOf(peer, clock.wallMs())?.game ?? null,
    watchPrices: watching(prices),
  });
  return {
    selection,
    prices,
    claims,
    ownPrice() {
      return deps.ownPrice?.current(clock.wallMs()).game ?? null;
    },
    nextPrice() {
      const next = deps.ownPrice?.next(clock.wallMs()) ?? null;
      return next === null ? null : { game: next.game, inMs: next.fromMs - clock.wallMs() };
    },
    stop() {
      selection.stop();
      prices.stop();
      claims?.stop();
    },
  };
}

/** Asks these gateways for their prices from now on, and no others. */
function watching(prices: PriceService): (gateways: readonly Uint8Array[]) => void {
  let watched: readonly Uint8Array[] = [];
  return (gateways) => {
    const wanted = gateways.slice(0, PRICED_GATEWAYS_MAX);
    for (const one of watched) {
      if (!wanted.some((other) => bytesEqual(other, one))) prices.unwatch(one);
    }
    for (const one of wanted) prices.watch(one);
    watched = wanted;
  };
}

function ownClaims(
  { gatewayCapacity, gatewayTransports }: GatewayChoiceConfig,
  { clock, gate }: Pick<GatewayChoiceDeps, 'clock' | 'gate'>,
  gateway: Gateway,
): OwnClaims {
  return new OwnClaims({
    clock,
    gateway,
    capacity: () => gatewayCapacity ?? shapedCapacity(gateway),
    limitUsed: () => limitUsed(gateway),
    limits: () => crossingLimits(gateway),
    delayMs: () => gate?.report().loopDelayMs ?? 0,
    transports: () => gatewayTransports ?? [],
    draining: () => gate?.report().draining ?? false,
  });
}

/** What the limits towards both sides let through in a second, as if both were the lesser; `null` where one has none. */
function shapedCapacity({ shaper }: Gateway): number | null {
  const { localMbpsMax, internetMbpsMax } = shaper.limits;
  if (localMbpsMax === null || internetMbpsMax === null) return null;
  return 2 * Math.min(localMbpsMax, internetMbpsMax) * BYTES_PER_MBIT;
}

function crossingLimits({ shaper }: Gateway): ReturnType<OwnClaimsDeps['limits']> {
  const { localMbpsMax, internetMbpsMax } = shaper.limits;
  return { out: bytesOf(internetMbpsMax), in: bytesOf(localMbpsMax) };
}

function bytesOf(mbps: number | null): number | null {
  return mbps === null ? null : mbps * BYTES_PER_MBIT;
}

/** The fuller of both sides. */
function limitUsed({ shaper }: Gateway): number {
  const { local, internet } = shaper.usage().interfaces;
  const shares = [local, internet].map(({ mbpsMax, out }) =>
    mbpsMax === null ? 0 : out.bytesPerSecond / (mbpsMax * BYTES_PER_MBIT),
  );
  return Math.min(1, Math.max(...shares));
}
