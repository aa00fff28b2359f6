// What an account asks the casino to do: signed bytes that name the chain, the account, its running number, and a
// recent block that the signer has seen. The signature covers the bytes as received.

import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { fail, ok, type Result } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import { signIn, verifyIn, type Identity } from '../crypto/signing.ts';
import { VRF_PROOF_BYTES } from '../crypto/ecvrf.ts';
import type { Primitives } from '../env/primitives.ts';
import { decodeCanonical, encodeBody } from '../wire/body.ts';
import {
  OperationSchema,
  SignedOperationSchema,
  type Operation as OperationMessage,
} from '../wire/gen/bitcraps/v1/casino_pb.ts';
import { BET_KIND_CHARACTERS_MAX, OPERATION_BYTES_MAX } from './limits.ts';

const KEY_BYTES = 32;
const HASH_BYTES = 32;

/** What is asked: `{ case: 'placeBet', value: { table, roll, kind, stake, base } }` and so on, as in `casino.proto`. */
export type Action = Exclude<OperationMessage['action'], { case: undefined }>;

/** An action as a caller writes it: plain values. */
export type ActionInit = Exclude<
  NonNullable<MessageInitShape<typeof OperationSchema>['action']>,
  { case: undefined }
>;

/** A block that the signer has seen; height 0 is the genesis, whose hash is the chain id. */
export interface Anchor {
  readonly height: bigint;
  readonly hash: Uint8Array;
}

export interface Operation {
  readonly chainId: Uint8Array;
  readonly account: Uint8Array;
  readonly nonce: bigint;
  readonly anchor: Anchor;
  readonly action: Action;
}

/** Writes and signs an operation; the signer is its account. */
export function signOperation(
  primitives: Primitives,
  identity: Identity,
  content: {
    readonly chainId: Uint8Array;
    readonly nonce: bigint;
    readonly anchor: Anchor;
    readonly action: ActionInit;
  },
): Uint8Array {
  const operation = encodeBody(
    OperationSchema,
    create(OperationSchema, {
      chainId: content.chainId,
      account: identity.publicKey,
      nonce: content.nonce,
      anchorHeight: content.anchor.height,
      anchorHash: content.anchor.hash,
      action: content.action,
    }),
  );
  const signature = signIn(primitives, identity, 'casino-operation', operation);
  return encodeBody(SignedOperationSchema, create(SignedOperationSchema, { operation, signature }));
}

/** Reads an operation without checking who signed it. */
export function decodeOperation(
  bytes: Uint8Array,
): Result<
  { readonly operation: Operation; readonly signed: Uint8Array; readonly signature: Uint8Array },
  'CASINO_OPERATION_MALFORMED'
> {
  if (bytes.length > OPERATION_BYTES_MAX) {
    return fail('CASINO_OPERATION_MALFORMED', {
      reason: `longer than ${OPERATION_BYTES_MAX} bytes`,
    });
  }
  const envelope = decodeCanonical(SignedOperationSchema, bytes);
  if (!envelope.ok) return fail('CASINO_OPERATION_MALFORMED', { reason: envelope.error.message });
  const { operation: signed, signature } = envelope.value;
  const message = decodeCanonical(OperationSchema, signed);
  if (!message.ok) return fail('CASINO_OPERATION_MALFORMED', { reason: message.error.message });
  const { chainId, account, nonce, anchorHeight, anchorHash, action } = message.value;
  if (action.case === undefined) return fail('CASINO_OPERATION_MALFORMED', { reason: 'no action' });
  const reason = wrongLength(message.value) ?? wrongField(action);
  if (reason !== null) return fail('CASINO_OPERATION_MALFORMED', { reason });
  const anchor = { height: anchorHeight, hash: anchorHash };
  return ok({ operation: { chainId, account, nonce, anchor, action }, signed, signature });
}

function wrongLength(message: OperationMessage): string | null {
  if (message.chainId.length !== HASH_BYTES) return 'the chain id is not 32 bytes long';
  if (message.account.length !== KEY_BYTES) return 'the account is not 32 bytes long';
  if (message.anchorHash.length !== HASH_BYTES) return 'the anchor is not 32 bytes long';
  return null;
}

function wrongField({ case: name, value }: Action): string | null {
  if (name === 'transfer' && value.to.length !== KEY_BYTES) return 'the payee is not 32 bytes long';
  if (name === 'openTable' && value.rules === undefined) return 'the table has no rules';
  if (name === 'placeBet' && value.kind.length > BET_KIND_CHARACTERS_MAX) {
    return 'the bet id is too long';
  }
  if (name === 'revealDice' && value.proof.length !== VRF_PROOF_BYTES) {
    return 'the proof is not 80 bytes long';
  }
  return null;
}

/** Reads an operation and checks its signature. The bytes stand for one operation only. */
export function openOperation(
  primitives: Primitives,
  bytes: Uint8Array,
): Result<Operation, 'CASINO_OPERATION_MALFORMED' | 'CASINO_SIGNATURE_INVALID'> {
  const decoded = decodeOperation(bytes);
  if (!decoded.ok) return decoded;
  const { operation, signed, signature } = decoded.value;
  if (!verifyIn(primitives, operation.account, 'casino-operation', signed, signature)) {
    return fail('CASINO_SIGNATURE_INVALID', { account: peerIdText(operation.account) });
  }
  return ok(operation);
}
