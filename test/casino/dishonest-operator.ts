// An operator who holds every key of the house and signs its forged chain afresh: blocks, genesis and closing are
// valid, and its own operations fit the new history. Only what others signed stays as it was.

import { headOf, sealBlock, type Block } from '../../src/consensus/block.ts';
import { bytesEqual } from '../../src/core/bytes.ts';
import { unwrap } from '../../src/core/errors.ts';
import { decodeEffects, encodeEffects, type Effect } from '../../src/casino/effects.ts';
import {
  decodeOperation,
  signOperation,
  type Action,
  type ActionInit,
} from '../../src/casino/operation.ts';
import { genesisHead } from '../../src/casino/replica.ts';
import { createCasino } from '../../src/casino/casino.ts';
import { encodeTranscript } from '../../src/casino/transcript.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import type { SmallCasino } from './small-casino.ts';

/** An operation of a player, as signed, or one of the operator's own, to be signed for the forged chain. */
export type ForgedOperation = { readonly bytes: Uint8Array } | { readonly own: Action };

export interface ForgedBlock {
  operations: ForgedOperation[];
  effects: Effect[];
  timeMs: bigint;
  /** `due`: whatever follows from the operations that the rules accept. */
  stateRoot: Uint8Array | 'due';
}

function openBlock(casino: SmallCasino, block: Block): ForgedBlock {
  const operations = block.operations.map((bytes): ForgedOperation => {
    const { operation } = unwrap(decodeOperation(bytes));
    const own = bytesEqual(operation.account, casino.operator.publicKey);
    return own ? { own: operation.action } : { bytes };
  });
  return {
    operations,
    effects: [...unwrap(decodeEffects(block.effects))],
    timeMs: block.header.timeMs,
    stateRoot: 'due',
  };
}

/** The transcript of `casino` after `forge` has changed its blocks, everything signed again. */
export function forgeTranscript(
  casino: SmallCasino,
  forge: (blocks: ForgedBlock[]) => ForgedBlock[] | void,
): Uint8Array {
  const honest = casino.blocks.map((block) => openBlock(casino, block));
  const forged = forge(honest) ?? honest;
  const { chainId } = casino.genesis;
  const { operator: identity } = casino;
  const machine = createCasino(primitives, casino.genesis);
  let head = genesisHead(casino.genesis, machine);
  let nonce = 0n;
  const blocks: Uint8Array[] = [];
  for (const { operations, effects, timeMs, stateRoot } of forged) {
    const anchor = { height: head.height, hash: head.hash };
    const signed = operations.map((operation) => {
      if ('bytes' in operation) return operation.bytes;
      const action: ActionInit = operation.own;
      const content = { chainId, nonce, anchor, action };
      nonce += 1n;
      return signOperation(primitives, identity, content);
    });
    const [height, parent] = [head.height + 1n, head.hash];
    const applied = machine.apply({ height, timeMs, parent, operations: signed });
    const block = sealBlock(primitives, identity, {
      chainId,
      height,
      parent,
      timeMs,
      stateRoot: stateRoot === 'due' ? applied.stateHash : stateRoot,
      operations: signed,
      effects: encodeEffects(effects),
    });
    applied.commit(block.hash);
    blocks.push(block.bytes);
    head = headOf(block);
  }
  return encodeTranscript(primitives, identity, { genesis: casino.genesis.bytes, blocks, head });
}
