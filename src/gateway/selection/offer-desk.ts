// A gateway's side of probes: answers them with its offer, signed anew only where something in it has changed.

import type { Identity } from '../../crypto/signing.ts';
import type { Clock } from '../../env/clock.ts';
import type { Primitives } from '../../env/primitives.ts';
import { createTokenBucket } from '../../core/token-bucket.ts';
import { encodeGatewayOffer, type GatewayClaims } from './gateway-offer.ts';
import { encodeProbeAnswer, type GatewayProbe } from './probe-message.ts';

/** Probes that are answered: a mesh of some thousand nodes that send to other meshes. Each costs some 0.05 ms. */
const ANSWERS_BURST = 500;
const ANSWERS_PER_SECOND = 1_000;
/** Claims change with every look at them: they are signed at most so often. */
const SIGN_MS_MIN = 500;
/** An offer is signed again so often, changed or not, well within what it is valid for. */
const SIGN_MS_MAX = 20_000;
const OFFER_VALID_MS = 60_000;
/** A share that moved by less is no change. */
const CHANGE_MIN = 0.01;

export interface OfferDeskDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly identity: Identity;
  readonly meshName: string;
  /** Durable, grows at each start. */
  readonly bootEpoch: number;
  claims(): GatewayClaims;
  /** Whether packets for this peer would get there. */
  reaches(destination: Uint8Array): boolean;
}

export class OfferDesk {
  readonly #deps: OfferDeskDeps;
  readonly #answers = createTokenBucket(ANSWERS_BURST, ANSWERS_PER_SECOND);
  #signed: {
    readonly bytes: Uint8Array;
    readonly claims: GatewayClaims;
    readonly atMs: number;
  } | null = null;
  #count = 0;

  constructor(deps: OfferDeskDeps) {
    this.#deps = deps;
  }

  /** The signed offer as it stands now. */
  offer(): Uint8Array {
    const { primitives, clock, identity, meshName, bootEpoch } = this.#deps;
    const nowMs = clock.now();
    const known = this.#signed;
    const ageMs = known === null ? Infinity : nowMs - known.atMs;
    if (known !== null && ageMs < SIGN_MS_MIN) return known.bytes;
    const current = this.#deps.claims();
    if (known !== null && ageMs < SIGN_MS_MAX && sameClaims(known.claims, current)) {
      return known.bytes;
    }
    this.#count += 1;
    const bytes = encodeGatewayOffer(primitives, identity, {
      ...current,
      meshName,
      sequence: (BigInt(bootEpoch) << 32n) | BigInt(this.#count),
      validMs: OFFER_VALID_MS,
    });
    this.#signed = { bytes, claims: current, atMs: nowMs };
    return bytes;
  }

  /** `null` where more ask than are answered. */
  answer({ id, destinations }: GatewayProbe): Uint8Array | null {
    if (!this.#answers.take(this.#deps.clock.now())) return null;
    const reached = destinations.map((destination) => this.#deps.reaches(destination));
    return encodeProbeAnswer({ id, offer: this.offer(), reached });
  }
}

function sameClaims(a: GatewayClaims, b: GatewayClaims): boolean {
  return (
    Math.abs(a.load - b.load) < CHANGE_MIN &&
    Math.abs(a.uptime - b.uptime) < CHANGE_MIN &&
    a.capacityBytesPerSecond === b.capacityBytesPerSecond &&
    a.draining === b.draining &&
    a.transports.length === b.transports.length &&
    a.transports.every((transport, i) => transport === b.transports[i])
  );
}
