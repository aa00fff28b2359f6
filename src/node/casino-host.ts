// The validator's side of the casino service: answers requests over the mesh and announces new blocks.

import type { Clock } from '../env/clock.ts';
import type { Logger } from '../env/logger.ts';
import type { Block } from '../consensus/block.ts';
import type { Engine } from '../consensus/engine.ts';
import { decodeOperation } from '../casino/operation.ts';
import { bytesEqual } from '../core/bytes.ts';
import { BitcrapsError } from '../core/errors.ts';
import { peerIdShort, peerIdText, type PeerIdText } from '../core/peer-id.ts';
import type { Mesh } from '../mesh/mesh.ts';
import {
  ANSWER_BYTES_MAX,
  CASINO_PROTOCOL,
  decodeRequest,
  encodeReply,
  type CasinoAnswer,
  type CasinoAsk,
} from './casino-service.ts';

/** Nodes that are told of new blocks; beyond it the one that asked longest ago is dropped, and has to ask. */
const FOLLOWERS_MAX = 256;
/** A follower that has not asked for this long is dropped. Followers ask every few seconds anyway. */
const FOLLOWER_IDLE_MS = 30_000;
/** Blocks of one answer. */
const BLOCKS_PER_ANSWER_MAX = 64;

interface Follower {
  readonly peer: Uint8Array;
  readonly askedAt: number;
}

export interface CasinoHostDeps {
  readonly mesh: Mesh;
  readonly engine: Engine;
  /** The signed genesis as stored. */
  readonly genesis: Uint8Array;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Serves the ledger; returns the way to stop. */
export function hostCasino(deps: CasinoHostDeps): () => void {
  const { mesh, engine, genesis, clock, logger } = deps;
  const followers = new Map<PeerIdText, Follower>();

  const reply = (peer: Uint8Array, id: bigint, answer: CasinoAnswer): void => {
    const sent = mesh.send(peer, CASINO_PROTOCOL, encodeReply({ id, answer }));
    if (!sent.ok)
      logger.debug('reply-not-sent', { peer: peerIdShort(peer), code: sent.error.code });
  };

  const follow = (peer: Uint8Array): void => {
    const key = peerIdText(peer);
    followers.delete(key);
    followers.set(key, { peer, askedAt: clock.now() });
    const oldest = followers.keys().next();
    if (followers.size > FOLLOWERS_MAX && oldest.done !== true) followers.delete(oldest.value);
  };

  const answer = async (peer: Uint8Array, ask: CasinoAsk): Promise<CasinoAnswer> => {
    switch (ask.kind) {
      case 'genesis':
        return { kind: 'genesis', genesis };
      case 'blocks':
        follow(peer);
        return blocksFrom(engine, ask.fromHeight);
      case 'submit': {
        const foreign = foreignAccount(peer, ask.operation);
        if (foreign !== null) return foreign;
        const result = await engine.submit(ask.operation);
        if (result.ok) return { kind: 'accepted', height: result.value.height };
        const { code, message } = result.error;
        return { kind: 'refused', code, message };
      }
    }
  };

  mesh.handle(CASINO_PROTOCOL, ({ source, payload }) => {
    const request = decodeRequest(payload);
    if (!request.ok) {
      const { code, message } = request.error;
      logger.warn('request-malformed', { peer: peerIdShort(source), code, detail: message });
      return;
    }
    const { id, ask } = request.value;
    void answer(source, ask)
      .catch(refusedBy)
      .then((content) => reply(source, id, content));
  });

  const announce = (block: Block): void => {
    const now = clock.now();
    const notice: CasinoAnswer = {
      kind: 'blocks',
      blocks: [block.bytes],
      head: block.header.height,
    };
    for (const [key, follower] of followers) {
      if (now - follower.askedAt > FOLLOWER_IDLE_MS) followers.delete(key);
      else reply(follower.peer, 0n, notice);
    }
  };
  return engine.subscribe(announce);
}

/**
 * Every node of the network has paid a proof of work for its identity, which bounds what made-up accounts collect in
 * grants; so an account is opened only over the session of its own key.
 */
function foreignAccount(peer: Uint8Array, operation: Uint8Array): CasinoAnswer | null {
  const decoded = decodeOperation(operation);
  if (!decoded.ok || decoded.value.operation.action.case !== 'openAccount') return null;
  if (bytesEqual(decoded.value.operation.account, peer)) return null;
  const { code, message } = new BitcrapsError('NODE_ACCOUNT_FOREIGN', {});
  return { kind: 'refused', code, message };
}

/** The store failed under a request: the asker hears the code, the validator goes on. */
function refusedBy(error: unknown): CasinoAnswer {
  const code = error instanceof BitcrapsError ? error.code : 'INTERNAL';
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'refused', code, message };
}

function blocksFrom(engine: Engine, fromHeight: bigint): CasinoAnswer {
  const head = engine.head().height;
  const blocks: Uint8Array[] = [];
  let bytes = 0;
  for (
    let height = fromHeight;
    height <= head && blocks.length < BLOCKS_PER_ANSWER_MAX;
    height += 1n
  ) {
    const block = engine.block(height);
    if (block === undefined) break;
    bytes += block.length;
    if (blocks.length > 0 && bytes > ANSWER_BYTES_MAX) break;
    blocks.push(block);
  }
  return { kind: 'blocks', blocks, head };
}
