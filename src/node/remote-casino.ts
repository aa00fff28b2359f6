// A casino as a player's node sees it: follows the chain block by block, believing nothing, and submits its account's
// operations. Notices bring new blocks at once; a slow poll finds what notices missed.

import type { Clock, Timer } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import type { Primitives } from '../env/primitives.ts';
import { bytesEqual } from '../core/bytes.ts';
import { BitcrapsError, fail, ok, receivedError, type Result } from '../core/errors.ts';
import type { Identity } from '../crypto/signing.ts';
import { createReplica, type CheckedBlock, type Replica } from '../casino/replica.ts';
import type { ActionInit } from '../casino/operation.ts';
import { encodeTranscript } from '../casino/transcript.ts';
import { createWallet, type Wallet } from '../casino/wallet.ts';
import { decodeBlock, type Block, type Head } from '../consensus/block.ts';
import type { Mesh } from '../mesh/mesh.ts';
import { quorumView, type QuorumView } from '../resilience/partitions/quorum-view.ts';
import type { CasinoClient, Placed, Trouble } from './casino-client.ts';
import { createCasinoRequests, type CasinoRequests } from './casino-requests.ts';
import type { CasinoAnswer, CasinoAsk } from './casino-service.ts';
import { createInOrder } from './in-order.ts';
import { reachesValidator } from './validator-reach.ts';

/** Also renews the subscription to notices at the casino. */
const POLL_EVERY_MS = 2_000;
/** The first pause until the genesis has come; each further one is half as long again, up to a poll. */
const BEGIN_AFTER_MS = 100;
/** After an accepted operation, for its block to arrive and be checked. */
const BLOCK_WITHIN_MS = 5_000;
/** Of the chain kept for a transcript: some days at a table of people, and what a phone can spare. */
const KEPT_BYTES_MAX: number = 64 * 1024 * 1024;
/** Blocks in which an accepted operation is looked for; answers come within a few of them. */
const RECENT_BLOCKS_MAX = 256;

export interface RemoteCasinoDeps {
  readonly mesh: Mesh;
  readonly identity: Identity;
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The casino could not be reached just now (`null`: it can again). Called on changes only. */
  readonly onTrouble: (trouble: Trouble | null) => void;
}

export function followCasino(casino: Uint8Array, deps: RemoteCasinoDeps): CasinoClient {
  return new RemoteCasino(casino, deps);
}

class RemoteCasino implements CasinoClient {
  readonly casino: Uint8Array;
  readonly #deps: RemoteCasinoDeps;
  readonly #requests: CasinoRequests;
  readonly #listeners = new Set<(block: CheckedBlock) => void>();
  readonly #inOrder = createInOrder();
  /** The last checked blocks, oldest first: at most `RECENT_BLOCKS_MAX`. */
  readonly #recent: Block[] = [];
  /** Submitters that wait for their block, by height. */
  readonly #waiting = new Set<{ readonly height: bigint; readonly done: () => void }>();
  #chain: { readonly replica: Replica; readonly wallet: Wallet } | null = null;
  /** The chain as it came, for a transcript; let go once it is longer than `KEPT_BYTES_MAX`. */
  #kept: Uint8Array[] = [];
  #keptBytes = 0;
  /** The newest block that the casino has told of. */
  #toldHeight = 0n;
  #broken: Trouble | null = null;
  #trouble: Trouble | null = null;
  /** The last answer came across gateways. */
  #answersAcross = false;
  #beginMs = BEGIN_AFTER_MS;
  #timer: Timer | null = null;
  #syncing = false;
  #stopped = false;

  constructor(casino: Uint8Array, deps: RemoteCasinoDeps) {
    this.casino = casino;
    this.#deps = deps;
    const { mesh, clock } = deps;
    this.#requests = createCasinoRequests({
      mesh,
      casino,
      clock,
      onNotice: (answer) => this.#notice(answer),
    });
    this.#pollAfter(0);
  }

  genesis(): Replica['genesis'] | null {
    return this.#chain?.replica.genesis ?? null;
  }

  head(): Head | null {
    return this.#chain?.replica.head() ?? null;
  }

  state(): ReturnType<Replica['state']> | null {
    return this.#chain?.replica.state() ?? null;
  }

  isBehind(): boolean {
    return this.#height() < this.#toldHeight;
  }

  broken(): Trouble | null {
    return this.#broken;
  }

  trouble(): Trouble | null {
    return this.#trouble;
  }

  quorum(): QuorumView {
    return quorumView([this.casino], (validator) =>
      reachesValidator(this.#deps.mesh, validator, this.#answersAcross),
    );
  }

  transcript(): Uint8Array {
    if (this.#chain === null) throw new BitcrapsError('NODE_CASINO_NOT_SYNCED', {});
    if (this.#keptBytes > KEPT_BYTES_MAX) {
      throw new BitcrapsError('TRANSCRIPT_TOO_LONG', {
        bytes: this.#keptBytes,
        bytesMax: KEPT_BYTES_MAX,
      });
    }
    const { replica } = this.#chain;
    const { primitives, identity } = this.#deps;
    return encodeTranscript(primitives, identity, {
      genesis: replica.genesis.bytes,
      blocks: this.#kept,
      head: replica.head(),
    });
  }

  onBlock(listener: (block: CheckedBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  submit(action: ActionInit): Promise<Result<Placed>> {
    // Before it waits for its turn as well as when that has come: a wish does not outlast the way to the casino.
    const refused = this.#refusal();
    return refused === null
      ? this.#inOrder.run(() => this.#submit(action))
      : Promise.resolve(refused);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#requests.stop();
    for (const waiter of this.#waiting) waiter.done();
  }

  /** Why nothing that moves value may leave now; `null` if it may. */
  #refusal(): Result<never> | null {
    if (this.#stopped) return fail('NODE_STOPPED', {});
    if (this.#broken !== null) {
      const { code, message } = this.#broken;
      return fail('NODE_CHAIN_BROKEN', { code, detail: message });
    }
    if (this.#chain === null) return fail('NODE_CASINO_NOT_SYNCED', {});
    const { validators, reached, quorum, side } = this.quorum();
    if (side === 'majority') return null;
    const why = this.#trouble?.code ?? 'MESH_NO_ROUTE';
    return fail('NODE_MINORITY_SIDE', { validators, reached, quorum, why });
  }

  async #submit(action: ActionInit): Promise<Result<Placed>> {
    const refused = this.#refusal();
    if (refused !== null) return refused;
    if (this.#chain === null) return fail('NODE_CASINO_NOT_SYNCED', {});
    const { wallet } = this.#chain;
    const operation = wallet.sign(action);
    const answer = await this.#ask({ kind: 'submit', operation });
    if (!answer.ok || answer.value.kind !== 'accepted') {
      wallet.resync();
      return answer.ok ? refusal(answer.value) : answer;
    }
    const { height } = answer.value;
    await this.#reached(height);
    return this.#placed(operation, height);
  }

  /** Whether the checked block of that height holds the operation: the casino's word is not enough. */
  #placed(operation: Uint8Array, height: bigint): Result<Placed> {
    if (this.#height() < height) return fail('NODE_BLOCK_NOT_SEEN', { height });
    const block = this.#recent.find((candidate) => candidate.header.height === height);
    const holds = block?.operations.some((bytes) => bytesEqual(bytes, operation)) ?? false;
    if (!holds) return fail('NODE_OPERATION_MISSING', { height });
    return ok({ height, operation: this.#deps.primitives.sha256(operation) });
  }

  async #ask(ask: CasinoAsk): Promise<Result<CasinoAnswer>> {
    const answer = await this.#requests.ask(ask);
    if (answer.ok) this.#answersAcross = this.#deps.mesh.reach(this.casino) === 'none';
    else if (answer.error.code !== 'NODE_SERVICE_BUSY') this.#answersAcross = false;
    const before = this.#trouble?.code;
    this.#trouble = answer.ok ? null : { code: answer.error.code, message: answer.error.message };
    if (this.#trouble?.code !== before && !this.#stopped) this.#deps.onTrouble(this.#trouble);
    return answer;
  }

  /** Resolves once the block of this height is checked, or after a while without it; `#placed` tells which. */
  #reached(height: bigint): Promise<void> {
    if (this.#height() >= height) return Promise.resolve();
    void this.#sync();
    return new Promise((resolve) => {
      const waiter = {
        height,
        done: (): void => {
          timer.cancel();
          this.#waiting.delete(waiter);
          resolve();
        },
      };
      const timer = this.#deps.clock.after(BLOCK_WITHIN_MS, waiter.done);
      this.#waiting.add(waiter);
    });
  }

  #height(): bigint {
    return this.#chain?.replica.head().height ?? 0n;
  }

  #pollAfter(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#stopped ? null : this.#deps.clock.after(delayMs, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    if (this.#broken !== null) return;
    if (this.#chain === null) await this.#begin();
    if (this.#chain !== null) await this.#sync();
    this.#pollAfter(this.#nextPollMs());
  }

  #nextPollMs(): number {
    if (this.#chain !== null) return POLL_EVERY_MS;
    this.#beginMs = Math.min(POLL_EVERY_MS, this.#beginMs * 1.5);
    return this.#beginMs;
  }

  async #begin(): Promise<void> {
    const answer = await this.#ask({ kind: 'genesis' });
    if (this.#stopped || !answer.ok || answer.value.kind !== 'genesis') return;
    const { primitives, identity } = this.#deps;
    const replica = createReplica(primitives, answer.value.genesis, { casino: this.casino });
    if (!replica.ok) return this.#break(replica.error);
    this.#chain = {
      replica: replica.value,
      wallet: createWallet(primitives, identity, replica.value),
    };
  }

  /** Asks for blocks until none is missing. One at a time: what comes in between is found by the last round. */
  async #sync(): Promise<void> {
    if (this.#syncing || this.#broken !== null) return;
    this.#syncing = true;
    for (;;) {
      const before = this.#height();
      const answer = await this.#ask({ kind: 'blocks', fromHeight: before + 1n });
      if (this.#stopped || !answer.ok || answer.value.kind !== 'blocks') break;
      this.#toldHeight = answer.value.head;
      this.#take(answer.value.blocks);
      if (this.#height() >= answer.value.head || this.#height() === before) break;
    }
    this.#syncing = false;
  }

  #notice(answer: CasinoAnswer): void {
    if (answer.kind !== 'blocks' || this.#chain === null) return;
    this.#toldHeight = answer.head;
    this.#take(answer.blocks);
    if (this.#height() < answer.head) void this.#sync();
  }

  /** Checks the blocks that come next; older ones are known, later ones have to wait for those between. */
  #take(blocks: readonly Uint8Array[]): void {
    for (const bytes of blocks) {
      if (this.#chain === null || this.#broken !== null) return;
      const { replica } = this.#chain;
      const decoded = decodeBlock(this.#deps.primitives, bytes);
      if (decoded.ok && decoded.value.header.height !== replica.head().height + 1n) continue;
      const added = replica.add(bytes);
      if (!added.ok) return this.#break(added.error);
      this.#recent.push(added.value.block);
      if (this.#recent.length > RECENT_BLOCKS_MAX) this.#recent.shift();
      this.#keep(bytes);
      for (const listener of this.#listeners) listener(added.value);
      const { height } = replica.head();
      for (const waiter of this.#waiting) if (waiter.height <= height) waiter.done();
    }
  }

  #keep(block: Uint8Array): void {
    this.#keptBytes += block.length;
    if (this.#keptBytes <= KEPT_BYTES_MAX) this.#kept.push(block.slice());
    else this.#kept = [];
  }

  #break(error: { readonly code: string; readonly message: string }): void {
    this.#broken = { code: error.code, message: error.message };
    this.#deps.logger.error('casino-broken', { code: error.code, detail: error.message });
  }
}

/** The casino's own words, under its own code. */
function refusal(answer: CasinoAnswer): Result<Placed> {
  if (answer.kind !== 'refused')
    return fail('NODE_SERVICE_MALFORMED', { detail: 'an answer to another question' });
  const { code, message } = answer;
  const known = receivedError(code, message);
  return known === null
    ? fail('NODE_CASINO_REFUSED', { code, message })
    : { ok: false, error: known };
}
