// The members of both meshes in this process: those that count what comes, and the one that sends to all of them and
// chooses a gateway for each, as every node does.

import { bytesEqual } from '../../src/core/bytes.ts';
import { solveProofOfWork } from '../../src/crypto/proof-of-work.ts';
import { identityFromSeed, type Identity } from '../../src/crypto/signing.ts';
import { createMesh, type Mesh } from '../../src/mesh/mesh.ts';
import { createGatewayChoice, type GatewayChoice } from '../../src/node/gateway-choice.ts';
import { rulesHash } from '../../src/casino/rules-hash.ts';
import { createTls, type Tls } from '../../src/platform/links/tls.ts';
import { systemClock } from '../../src/platform/node/clock.ts';
import { createLogger } from '../../src/platform/node/logger.ts';
import { createMetrics } from '../../src/platform/node/metrics.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { zstd } from '../../src/platform/node/zstd.ts';
import { presets } from '../../src/resilience/presets.ts';
import { CURRENT } from '../../src/versioning/protocol-version.ts';

export const NETWORK = 'two-gateways';
export const PROOF_BITS = 1;
const PROTOCOL = 9;
const TICK_MS = 2;
/** Bursts after this process was held up: no more than so many messages at once. */
const BURST_MAX = 200;

const logger = createLogger({ level: 'silent' });
const bootEpoch = Math.floor(systemClock.wallMs() / 1000);

interface Member {
  readonly identity: Identity;
  readonly mesh: Mesh;
  readonly tls: Tls;
}

async function member(
  meshName: string,
  choose?: (peer: Uint8Array, except: Uint8Array | null) => Uint8Array | null,
): Promise<Member> {
  const identity = identityFromSeed(primitives, crypto.getRandomValues(new Uint8Array(32)));
  const proof = solveProofOfWork(primitives, systemRng, identity.publicKey, NETWORK, PROOF_BITS);
  const tls = await createTls({ primitives, identity, clock: systemClock, logger });
  const mesh = createMesh(
    {
      identity,
      meshName,
      proof,
      networkId: NETWORK,
      version: CURRENT,
      gateway: false,
      rulesHash: rulesHash(primitives),
      proofBits: PROOF_BITS,
      ...presets.lan,
    },
    {
      primitives,
      clock: systemClock,
      rng: systemRng,
      logger,
      bootEpoch,
      metrics: createMetrics(),
      compressor: zstd,
      ...(choose === undefined ? {} : { chooseGateway: (peer, _, except) => choose(peer, except) }),
    },
  );
  return { identity, mesh, tls };
}

export interface Receiver {
  readonly peer: Uint8Array;
  /** That came so far. */
  readonly bytes: number;
  stop(): void;
}

export async function receiver(gateway: string, gatewayKey: Uint8Array): Promise<Receiver> {
  const { mesh, tls } = await member('away');
  const came = { peer: mesh.self, bytes: 0 };
  mesh.handle(PROTOCOL, ({ payload }) => {
    came.bytes += payload.length;
  });
  mesh.addLink(await tls.dialer.dial(gateway, gatewayKey));
  return Object.assign(came, {
    stop: (): void => {
      mesh.stop();
      void tls.close();
    },
  });
}

export class Sender {
  readonly #peers: readonly Uint8Array[];
  readonly #messageBytes: number;
  readonly #perSecond: number;
  #member: Member | null = null;
  #choice: GatewayChoice | null = null;
  #next = 0;

  /** `perSecond`: messages to all peers together. */
  constructor(peers: readonly Uint8Array[], messageBytes: number, perSecond: number) {
    this.#peers = peers;
    this.#messageBytes = messageBytes;
    this.#perSecond = perSecond;
  }

  /** Links to one more gateway of its mesh. */
  async join(gateway: string, gatewayKey: Uint8Array): Promise<void> {
    this.#member ??= await this.#enter();
    const { mesh, tls } = this.#member;
    mesh.addLink(await tls.dialer.dial(gateway, gatewayKey));
    const endMs = performance.now() + 20_000;
    while (mesh.route(gatewayKey) === null) {
      if (performance.now() > endMs) throw new Error('no way to the gateway');
      await pause(20);
    }
  }

  async sendFor(ms: number): Promise<void> {
    const beganMs = performance.now();
    let sent = 0;
    for (;;) {
      const elapsedMs = performance.now() - beganMs;
      if (elapsedMs >= ms) return;
      const due = Math.floor((elapsedMs * this.#perSecond) / 1000);
      if (due - sent > BURST_MAX) sent = due - BURST_MAX;
      for (; sent < due; sent += 1) this.#sendOne();
      await pause(TICK_MS);
    }
  }

  /** Peers whose packets go through the gateway now. */
  sentThrough(gateway: Uint8Array): number {
    return this.#peers.filter((peer) => {
      const chosen = this.#choice?.selection.choose(peer, null) ?? null;
      return chosen !== null && bytesEqual(chosen, gateway);
    }).length;
  }

  stop(): void {
    this.#choice?.stop();
    this.#member?.mesh.stop();
    void this.#member?.tls.close();
  }

  #sendOne(): void {
    const peer = this.#peers[this.#next % this.#peers.length];
    this.#next += 1;
    // What is refused now is not offered later: a line that is full loses it.
    if (peer !== undefined) {
      this.#member?.mesh.send(
        peer,
        PROTOCOL,
        crypto.getRandomValues(new Uint8Array(this.#messageBytes)),
      );
    }
  }

  async #enter(): Promise<Member> {
    const one = await member('home', (peer, except) =>
      this.#choice === null ? null : this.#choice.selection.choose(peer, except),
    );
    const { identity, mesh } = one;
    this.#choice = createGatewayChoice(
      { identity, meshName: 'home', version: CURRENT },
      {
        primitives,
        clock: systemClock,
        rng: systemRng,
        logger,
        bootEpoch,
        metrics: createMetrics(),
        mesh,
        gateway: null,
      },
    );
    return one;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
