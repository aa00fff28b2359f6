// Protobuf bodies. What is signed or hashed is decoded canonically: one message, one run of bytes.
// Decoded `bytes` fields are views into the input.

import { fromBinary, toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { bytesEqual } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/errors.ts';

/** Messages nest no deeper: a bound on the decoder's stack. */
const NESTING_MAX = 16;

export function encodeBody<S extends DescMessage>(schema: S, message: MessageShape<S>): Uint8Array {
  return toBinary(schema, message);
}

/** Fields that the schema does not know are kept, and written again by `encodeBody`. */
export function decodeBody<S extends DescMessage>(
  schema: S,
  bytes: Uint8Array,
): Result<MessageShape<S>, 'WIRE_BODY_MALFORMED'> {
  try {
    return ok(fromBinary(schema, bytes, { recursionLimit: NESTING_MAX }));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return fail('WIRE_BODY_MALFORMED', { message: schema.name, detail });
  }
}

/**
 * Accepts only the bytes that `encodeBody` writes for this message: fields in order, each once, no defaults spelt
 * out, no unknown fields. Schemas read this way have no `map` fields, whose order is not defined.
 */
export function decodeCanonical<S extends DescMessage>(
  schema: S,
  bytes: Uint8Array,
): Result<MessageShape<S>, 'WIRE_BODY_MALFORMED' | 'WIRE_BODY_NOT_CANONICAL'> {
  const decoded = decodeBody(schema, bytes);
  if (!decoded.ok) return decoded;
  const again = toBinary(schema, decoded.value, { writeUnknownFields: false });
  if (!bytesEqual(again, bytes)) return fail('WIRE_BODY_NOT_CANONICAL', { message: schema.name });
  return decoded;
}
