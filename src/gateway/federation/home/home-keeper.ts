// A member's part in being found from other meshes: it signs which gateways lead to it, and gives that to them to write into
// the distributed table, whenever they change and before it runs out.

import { bytesEqual } from '../../../core/bytes.ts';
import type { Identity } from '../../../crypto/signing.ts';
import { sealTableRecord } from '../../../crypto/table-record.ts';
import type { Clock, Timer } from '../../../env/clock.ts';
import type { Primitives } from '../../../env/primitives.ts';
import type { Mesh } from '../../../mesh/mesh-contract.ts';
import { encodeHomeMessage, HOME_PROTOCOL } from './home-message.ts';
import { encodeHome, HOME_VALID_MS } from './home-record.ts';

/** Gateways that are named: what a redundancy of three asks for. */
const NAMED_MAX = 3;
/** How often the mesh is looked at for gateways that came or went. A change is told when it has lasted that long. */
const CHECK_MS = 5_000;
/** A home is signed anew in the middle of its life. */
const RENEW_MS: number = HOME_VALID_MS / 2;
/** The same one is given to its gateways so often, in case that one lost it. */
const REPEAT_MS = 600_000;

export interface HomeKeeperConfig {
  readonly identity: Identity;
  readonly networkId: string;
  /** Whether it is a gateway: then it is the first of its own. */
  readonly isGateway: boolean;
}

export interface HomeKeeperDeps {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly mesh: Pick<Mesh, 'gateways' | 'send' | 'self'>;
}

export class HomeKeeper {
  readonly #config: HomeKeeperConfig;
  readonly #deps: HomeKeeperDeps;
  #timer: Timer;
  #seen: readonly Uint8Array[] = [];
  #signed: readonly Uint8Array[] = [];
  #signedAtMs = -Infinity;
  #toldAtMs = -Infinity;
  #sequence = 0n;
  #message: Uint8Array | null = null;

  constructor(config: HomeKeeperConfig, deps: HomeKeeperDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#timer = deps.clock.after(CHECK_MS, () => this.#check());
  }

  stop(): void {
    this.#timer.cancel();
  }

  #check(): void {
    const { clock, mesh } = this.#deps;
    this.#timer = clock.after(CHECK_MS, () => this.#check());
    const others = mesh.gateways().map(({ peer }) => peer);
    const own = this.#config.isGateway ? [mesh.self] : [];
    const gateways = [...own, ...others].slice(0, NAMED_MAX);
    const isSettled = isSame(gateways, this.#seen);
    this.#seen = gateways;
    if (!isSettled || gateways.length === 0) return;
    const nowMs = clock.now();
    const isNews = !isSame(gateways, this.#signed);
    if (isNews || nowMs - this.#signedAtMs >= RENEW_MS) this.#sign(gateways, nowMs);
    else if (nowMs - this.#toldAtMs < REPEAT_MS) return;
    this.#toldAtMs = nowMs;
    const message = this.#message;
    if (message === null) return;
    for (const gateway of gateways) mesh.send(gateway, HOME_PROTOCOL, message);
  }

  #sign(gateways: readonly Uint8Array[], nowMs: number): void {
    const { primitives, clock } = this.#deps;
    const { identity, networkId } = this.#config;
    const wallMs = clock.wallMs();
    // Grows over restarts without being kept, as long as the clock is not set back.
    const atMs = BigInt(wallMs);
    this.#sequence = atMs > this.#sequence ? atMs : this.#sequence + 1n;
    const home = encodeHome({ gateways, validUntilMs: wallMs + HOME_VALID_MS });
    const record = sealTableRecord(primitives, identity, networkId, home, this.#sequence);
    this.#message = encodeHomeMessage(record);
    this.#signed = gateways;
    this.#signedAtMs = nowMs;
  }
}

function isSame(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((one) => b.some((other) => bytesEqual(one, other)));
}
