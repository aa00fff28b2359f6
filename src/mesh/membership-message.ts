// What nodes ask and answer about a third one that somebody does not hear, sealed between the two like any message of the
// mesh. A node that is too old to know the protocol drops it, and is a witness that does not answer.

import { create } from '@bufbuild/protobuf';
import { PEER_ID_BYTES } from '../core/peer-id.ts';
import type { Finding, MembershipMessage } from '../resilience/membership/verdict.ts';
import { decodeBody, encodeBody } from '../wire/body.ts';
import {
  MembershipFinding,
  MembershipMessageSchema,
} from '../wire/gen/bitcraps/v1/membership_pb.ts';

/** Number of the protocol in end-to-end sessions. */
export const MEMBERSHIP_PROTOCOL = 5;
/** A message has about 55 bytes; there is room for fields of later versions. */
export const MEMBERSHIP_BYTES_MAX = 256;

const FINDINGS: Readonly<Record<Finding, MembershipFinding>> = {
  alive: MembershipFinding.ALIVE,
  silent: MembershipFinding.SILENT,
  unsure: MembershipFinding.UNSPECIFIED,
};

export function encodeMembership(message: MembershipMessage): Uint8Array {
  const { kind, number, subject, incarnation } = message;
  const value = { number, subject, incarnation };
  const content =
    kind === 'query'
      ? ({ case: 'query', value } as const)
      : ({ case: 'answer', value: { ...value, finding: FINDINGS[message.finding] } } as const);
  return encodeBody(MembershipMessageSchema, create(MembershipMessageSchema, { content }));
}

/** `null` if it is malformed. A finding of a later version reads as `unsure`. */
export function decodeMembership(payload: Uint8Array): MembershipMessage | null {
  if (payload.length > MEMBERSHIP_BYTES_MAX) return null;
  const decoded = decodeBody(MembershipMessageSchema, payload);
  if (!decoded.ok) return null;
  const { content } = decoded.value;
  if (content.case === undefined || content.value.subject.length !== PEER_ID_BYTES) return null;
  const { number, subject, incarnation } = content.value;
  if (content.case === 'query') return { kind: 'query', number, subject, incarnation };
  return {
    kind: 'answer',
    number,
    subject,
    incarnation,
    finding: findingOf(content.value.finding),
  };
}

function findingOf(code: MembershipFinding): Finding {
  if (code === MembershipFinding.ALIVE) return 'alive';
  return code === MembershipFinding.SILENT ? 'silent' : 'unsure';
}
