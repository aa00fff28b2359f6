// Signs one account's operations: keeps its running number and names the newest block that the account has seen.

import type { Identity } from '../crypto/signing.ts';
import type { Primitives } from '../env/primitives.ts';
import { findAccount } from './accounts.ts';
import { signOperation, type ActionInit, type Anchor } from './operation.ts';
import type { CasinoState } from './state.ts';

/** What a wallet looks at: a replica's chain, or the operator's own. */
export interface ChainView {
  readonly chainId: Uint8Array;
  /** The newest block that was seen and checked. */
  anchor(): Anchor;
  state(): CasinoState;
}

export interface Wallet {
  /** The account's key, 32 bytes. */
  readonly account: Uint8Array;
  /** Signs the next operation. Several may be signed before the first is final; they count on from each other. */
  sign(action: ActionInit): Uint8Array;
  /** To be called after a refusal: the next operation counts from what the chain says. */
  resync(): void;
}

export function createWallet(primitives: Primitives, identity: Identity, view: ChainView): Wallet {
  const account = identity.publicKey;
  let next = 0n;
  const onChain = (): bigint => findAccount(view.state().accounts, account)?.nonce ?? 0n;
  return {
    account,
    sign(action: ActionInit): Uint8Array {
      const known = onChain();
      const nonce = next > known ? next : known;
      next = nonce + 1n;
      const { chainId } = view;
      return signOperation(primitives, identity, { chainId, nonce, anchor: view.anchor(), action });
    },
    resync(): void {
      next = 0n;
    },
  };
}
