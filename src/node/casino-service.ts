// The conversation between a player's node and the casino's validator: schema `proto/bitcraps/v1/casino_service.proto`.

import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { fail, ok, type Result } from '../core/errors.ts';
import { decodeBody, encodeBody } from '../wire/body.ts';
import {
  CasinoReplySchema,
  CasinoRequestSchema,
} from '../wire/gen/bitcraps/v1/casino_service_pb.ts';

/** The mesh protocol number of this conversation. */
export const CASINO_PROTOCOL: number = 1;
/** Blocks of one answer add up to at most this, unless a single block is larger. */
export const ANSWER_BYTES_MAX: number = 32 * 1024;

export type CasinoAsk =
  | { readonly kind: 'genesis' }
  | { readonly kind: 'blocks'; readonly fromHeight: bigint }
  | { readonly kind: 'submit'; readonly operation: Uint8Array };

export type CasinoAnswer =
  | { readonly kind: 'genesis'; readonly genesis: Uint8Array }
  | { readonly kind: 'blocks'; readonly blocks: readonly Uint8Array[]; readonly head: bigint }
  | { readonly kind: 'accepted'; readonly height: bigint }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

export interface CasinoRequest {
  readonly id: bigint;
  readonly ask: CasinoAsk;
}

/** `id` 0 is a notice that nobody asked for. */
export interface CasinoReply {
  readonly id: bigint;
  readonly answer: CasinoAnswer;
}

export function encodeRequest({ id, ask }: CasinoRequest): Uint8Array {
  return encodeBody(CasinoRequestSchema, create(CasinoRequestSchema, asked(id, ask)));
}

function asked(requestId: bigint, ask: CasinoAsk): MessageInitShape<typeof CasinoRequestSchema> {
  switch (ask.kind) {
    case 'genesis':
      return { requestId, kind: { case: 'getGenesis', value: {} } };
    case 'blocks':
      return { requestId, kind: { case: 'getBlocks', value: { fromHeight: ask.fromHeight } } };
    case 'submit':
      return { requestId, kind: { case: 'submitOperation', value: { operation: ask.operation } } };
  }
}

/** Error: `NODE_SERVICE_MALFORMED`. */
export function decodeRequest(bytes: Uint8Array): Result<CasinoRequest, 'NODE_SERVICE_MALFORMED'> {
  const message = decodeBody(CasinoRequestSchema, bytes);
  if (!message.ok) return fail('NODE_SERVICE_MALFORMED', { detail: message.error.message });
  const { requestId: id, kind } = message.value;
  switch (kind.case) {
    case 'getGenesis':
      return ok({ id, ask: { kind: 'genesis' } });
    case 'getBlocks':
      return ok({ id, ask: { kind: 'blocks', fromHeight: kind.value.fromHeight } });
    case 'submitOperation':
      return ok({ id, ask: { kind: 'submit', operation: kind.value.operation } });
    default:
      return fail('NODE_SERVICE_MALFORMED', { detail: 'an unknown kind of request' });
  }
}

export function encodeReply({ id, answer }: CasinoReply): Uint8Array {
  return encodeBody(CasinoReplySchema, create(CasinoReplySchema, answered(id, answer)));
}

function answered(
  requestId: bigint,
  answer: CasinoAnswer,
): MessageInitShape<typeof CasinoReplySchema> {
  switch (answer.kind) {
    case 'genesis':
      return { requestId, kind: { case: 'genesis', value: { genesis: answer.genesis } } };
    case 'blocks':
      return {
        requestId,
        kind: { case: 'blocks', value: { blocks: [...answer.blocks], head: answer.head } },
      };
    case 'accepted':
      return { requestId, kind: { case: 'accepted', value: { height: answer.height } } };
    case 'refused':
      return {
        requestId,
        kind: { case: 'refused', value: { code: answer.code, message: answer.message } },
      };
  }
}

/** Error: `NODE_SERVICE_MALFORMED`. */
export function decodeReply(bytes: Uint8Array): Result<CasinoReply, 'NODE_SERVICE_MALFORMED'> {
  const message = decodeBody(CasinoReplySchema, bytes);
  if (!message.ok) return fail('NODE_SERVICE_MALFORMED', { detail: message.error.message });
  const { requestId: id, kind } = message.value;
  switch (kind.case) {
    case 'genesis':
      return ok({ id, answer: { kind: 'genesis', genesis: kind.value.genesis } });
    case 'blocks':
      return ok({
        id,
        answer: { kind: 'blocks', blocks: kind.value.blocks, head: kind.value.head },
      });
    case 'accepted':
      return ok({ id, answer: { kind: 'accepted', height: kind.value.height } });
    case 'refused':
      return ok({
        id,
        answer: { kind: 'refused', code: kind.value.code, message: kind.value.message },
      });
    default:
      return fail('NODE_SERVICE_MALFORMED', { detail: 'an unknown kind of reply' });
  }
}
