// The casino as a replicated state machine: each operation is checked and executed on immutable data, and the supply
// is counted after each.

import { assert, unreachable } from '../core/assert.ts';
import { bytesEqual } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import type { Applied, BlockContext, Replicated } from '../consensus/replicated.ts';
import { vrfVerifier } from '../dice/vrf-dice.ts';
import type { Primitives } from '../env/primitives.ts';
import { openAccount, transfer } from './account-steps.ts';
import { findAccount } from './accounts.ts';
import { placeBet, takeDown } from './bet-steps.ts';
import { encodeEffects, type EffectInit } from './effects.ts';
import type { Genesis } from './genesis.ts';
import { ANCHOR_BLOCKS_MAX } from './limits.ts';
import { openOperation, type Anchor, type Operation } from './operation.ts';
import { revealDice, shoot } from './roll-steps.ts';
import { accountOf, initialState, supplyOf, withAccount, type CasinoState } from './state.ts';
import { createStateHasher } from './state-root.ts';
import type { Step, StepContext } from './step.ts';
import { closeTable, leaveTable, openTable, passDice } from './table-steps.ts';

export type Casino = Replicated<CasinoState>;

/** The casino of this genesis, before its first block. */
export function createCasino(primitives: Primitives, genesis: Genesis): Casino {
  return new CasinoMachine(primitives, genesis);
}

class CasinoMachine implements Casino {
  readonly #primitives: Primitives;
  readonly #genesis: Genesis;
  readonly #dice: StepContext['dice'];
  readonly #hasher: ReturnType<typeof createStateHasher>;
  /** Operations whose signature holds, by the identity of their bytes: checked once on their way from queue to block. */
  readonly #opened = new WeakMap<Uint8Array, Operation>();
  #state: CasinoState;
  #stateHash: Uint8Array;
  #head: Uint8Array;

  constructor(primitives: Primitives, genesis: Genesis) {
    this.#primitives = primitives;
    this.#genesis = genesis;
    this.#dice = vrfVerifier(primitives, genesis.chainId, genesis.vrfKey);
    this.#hasher = createStateHasher(primitives);
    this.#state = initialState(genesis);
    this.#stateHash = this.#hasher.root(this.#state);
    this.#head = genesis.chainId;
  }

  query(): CasinoState {
    return this.#state;
  }

  stateHash(): Uint8Array {
    return this.#stateHash;
  }

  /** Form, chain, signature and replay; what depends on the operations before it in the queue is left to `apply`. */
  check(bytes: Uint8Array): Result<void> {
    const opened = this.#open(bytes);
    if (!opened.ok) return opened;
    const { account: key, nonce } = opened.value;
    const expected = findAccount(this.#state.accounts, key)?.nonce ?? 0n;
    if (nonce < expected) return fail('CASINO_NONCE_REPLAYED', { nonce, expected });
    return ok(undefined);
  }

  apply(block: BlockContext): Applied {
    const base = this.#state;
    assert(block.height === base.height + 1n, 'blocks are applied in order');
    assert(bytesEqual(block.parent, this.#head), 'a block is applied on its parent');
    const ancestors = [...base.ancestors, block.parent].slice(-ANCHOR_BLOCKS_MAX);
    const context: StepContext = {
      genesis: this.#genesis,
      dice: this.#dice,
      height: block.height,
      timeMs: block.timeMs,
    };
    let state: CasinoState = { ...base, height: block.height, ancestors };
    const effects: EffectInit[] = [];
    const outcomes = block.operations.map((bytes): Result<void> => {
      const step = this.#operate(context, state, bytes);
      if (!step.ok) return step;
      state = step.value.state;
      effects.push(...step.value.effects);
      assert(supplyOf(state).sum === this.#genesis.supplyCap, 'the supply is conserved');
      return ok(undefined);
    });
    const stateHash = this.#hasher.root(state);
    const commit = (blockHash: Uint8Array): void => {
      assert(this.#state === base, 'a result is committed to the state that it was made from');
      this.#state = state;
      this.#stateHash = stateHash;
      this.#head = blockHash;
    };
    return { outcomes, effects: encodeEffects(effects), stateHash, commit };
  }

  #open(bytes: Uint8Array): Result<Operation> {
    const known = this.#opened.get(bytes);
    if (known !== undefined) return ok(known);
    const opened = openOperation(this.#primitives, bytes);
    if (!opened.ok) return opened;
    if (!bytesEqual(opened.value.chainId, this.#genesis.chainId)) {
      return fail('CASINO_OTHER_CHAIN', {});
    }
    this.#opened.set(bytes, opened.value);
    return opened;
  }

  /** The order of the checks decides only which code a doubly wrong operation gets. */
  #operate(context: StepContext, state: CasinoState, bytes: Uint8Array): Step {
    const opened = this.#open(bytes);
    if (!opened.ok) return opened;
    const operation = opened.value;
    const numbered = requireNonce(state, operation);
    if (!numbered.ok) return numbered;
    const step = act(context, state, operation);
    if (!step.ok) return step;
    const anchored = requireAnchor(state, operation.anchor);
    if (!anchored.ok) return anchored;
    const account = accountOf(step.value.state, operation.account);
    if (!account.ok) return account;
    const numberedState = withAccount(step.value.state, {
      ...account.value,
      nonce: operation.nonce + 1n,
    });
    return ok({ state: numberedState, effects: step.value.effects });
  }
}

function requireNonce(
  state: CasinoState,
  { account: key, nonce, action }: Operation,
): Result<void, 'CASINO_NONCE_REPLAYED' | 'CASINO_NONCE_GAP' | 'CASINO_ACCOUNT_UNKNOWN'> {
  const account = findAccount(state.accounts, key);
  if (account === undefined && action.case !== 'openAccount') {
    const unknown = accountOf(state, key);
    if (!unknown.ok) return unknown;
  }
  const expected = account?.nonce ?? 0n;
  if (nonce < expected) return fail('CASINO_NONCE_REPLAYED', { nonce, expected });
  if (nonce > expected) return fail('CASINO_NONCE_GAP', { nonce, expected });
  return ok(undefined);
}

/** Whether the signer has seen this chain: the anchor is one of the blocks before the one at hand. */
function requireAnchor(
  { height, ancestors }: CasinoState,
  anchor: Anchor,
): Result<void, 'CASINO_ANCHOR_UNKNOWN'> {
  const back = height - anchor.height;
  const within = back >= 1n && back <= BigInt(ancestors.length);
  const hash = within ? ancestors[ancestors.length - Number(back)] : undefined;
  if (hash !== undefined && bytesEqual(hash, anchor.hash)) return ok(undefined);
  return fail('CASINO_ANCHOR_UNKNOWN', { height: anchor.height, blocksMax: ANCHOR_BLOCKS_MAX });
}

function act(context: StepContext, state: CasinoState, { account, action }: Operation): Step {
  switch (action.case) {
    case 'openAccount':
      return openAccount(context, state, account);
    case 'transfer':
      return transfer(context, state, account, action.value);
    case 'openTable':
      return openTable(context, state, account, action.value);
    case 'closeTable':
      return closeTable(context, state, account, action.value);
    case 'placeBet':
      return placeBet(context, state, account, action.value);
    case 'takeDown':
      return takeDown(state, account, action.value);
    case 'shoot':
      return shoot(context, state, account, action.value);
    case 'revealDice':
      return revealDice(context, state, account, action.value);
    case 'passDice':
      return passDice(context, state, account, action.value);
    case 'leaveTable':
      return leaveTable(context, state, account, action.value);
    default:
      return unreachable(action);
  }
}
