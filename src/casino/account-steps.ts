// Opening an account with its grant of play chips, and paying from one account to another.

import { formatAmount } from '../core/amount.ts';
import { bytesEqual } from '../core/bytes.ts';
import { fail } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import type { Transfer } from '../wire/gen/bitcraps/v1/casino_pb.ts';
import { findAccount } from './accounts.ts';
import { accountOf, credit, withAccount, type CasinoState } from './state.ts';
import { done, type Step, type StepContext } from './step.ts';

/** Opens `key`'s account. The grant comes out of the unissued supply, as far as this epoch's grants reach. */
export function openAccount(context: StepContext, state: CasinoState, key: Uint8Array): Step {
  const { grant, grantsPerEpochMax, blocksPerEpoch, limits } = context.genesis;
  if (findAccount(state.accounts, key) !== undefined) {
    return fail('CASINO_ACCOUNT_EXISTS', { account: peerIdText(key) });
  }
  const { accountsMax } = limits;
  if (state.accounts.count >= accountsMax) return fail('CASINO_ACCOUNTS_MAX', { accountsMax });
  const epoch = context.height / BigInt(blocksPerEpoch);
  const given = epoch === state.grantsEpoch ? state.grantsGiven : 0;
  if (given >= grantsPerEpochMax || state.unissued < grant) {
    return fail('CASINO_GRANTS_SPENT', { grantsPerEpochMax });
  }
  const opened = withAccount(
    {
      ...state,
      unissued: state.unissued - grant,
      grantsEpoch: epoch,
      grantsGiven: given + 1,
    },
    { key, balance: grant, nonce: 0n },
  );
  return done(opened, { case: 'accountOpened', value: { account: key, grant } });
}

export function transfer(
  context: StepContext,
  state: CasinoState,
  from: Uint8Array,
  { to, amount }: Transfer,
): Step {
  if (amount === 0n || amount > context.genesis.supplyCap) {
    return fail('CASINO_AMOUNT_INVALID', { amount: formatAmount(amount) });
  }
  if (bytesEqual(from, to)) return fail('CASINO_TRANSFER_SELF', {});
  const payer = accountOf(state, from);
  if (!payer.ok) return payer;
  const payee = accountOf(state, to);
  if (!payee.ok) return payee;
  const { balance } = payer.value;
  if (balance < amount) {
    return fail('CASINO_BALANCE', { needed: formatAmount(amount), balance: formatAmount(balance) });
  }
  const paid = credit(credit(state, from, -amount), to, amount);
  return done(paid, { case: 'transferred', value: { from, to, amount } });
}
