// The certificate that carries a node's identity through TLS: self-signed, its key is the identity key itself
// (Ed25519 in X.509: RFC 8410). It has one fixed shape, so it is written here byte by byte (DER, ITU-T X.690).
//
// The names, the serial number and the dates of a certificate mean nothing to us: the key is the identity, and whoever
// holds it can write a new certificate at any time. So the dates are as wide as RFC 5280 allows and are never checked;
// a mesh without the internet has clocks that are years off.

import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { bytesEqual, concat, fromHex, utf8 } from '../../core/bytes.ts';
import { PEER_ID_BYTES, peerIdText } from '../../core/peer-id.ts';
import type { Identity } from '../../crypto/signing.ts';
import type { Primitives } from '../../env/primitives.ts';

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
  version: 0xa0,
  extensions: 0xa3,
} as const;
const OID_ED25519 = hex('06032b6570');
const OID_COMMON_NAME = hex('0603550403');
/** Basic constraints, critical, not an authority. */
const NOT_AN_AUTHORITY = hex('300c0603551d130101ff04023000');
/** What stands before the 32 bytes of the key in an Ed25519 SubjectPublicKeyInfo. */
const SPKI_PREFIX = hex('302a300506032b6570032100');
/** What stands before the seed in an Ed25519 PKCS #8 key. */
const PKCS8_PREFIX = hex('302e020100300506032b657004220420');
const SEED_BYTES = 32;
const SERIAL_BYTES = 8;
/** RFC 5280 section 4.1.2.5: a certificate without a well-defined end. */
const NOT_BEFORE = '000101000000Z';
const NOT_AFTER = '99991231235959Z';

function hex(text: string): Uint8Array {
  return fromHex(text) ?? new Uint8Array(0);
}

/** One DER element; contents of ours stay below 64 KiB. */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concat(...contents);
  const { length } = content;
  if (length < 0x80) return concat(Uint8Array.of(tag, length), content);
  if (length < 0x100) return concat(Uint8Array.of(tag, 0x81, length), content);
  return concat(Uint8Array.of(tag, 0x82, length >> 8, length & 0xff), content);
}

function nameOf(publicKey: Uint8Array): Uint8Array {
  const commonName = der(TAG.utf8String, utf8(peerIdText(publicKey)));
  return der(TAG.sequence, der(TAG.set, der(TAG.sequence, OID_COMMON_NAME, commonName)));
}

/** The self-signed certificate of `identity`, DER: the same bytes each time. */
export function certificateOf(primitives: Primitives, identity: Identity): Uint8Array {
  const { publicKey, secretKey } = identity;
  const algorithm = der(TAG.sequence, OID_ED25519);
  const name = nameOf(publicKey);
  // A serial number is a positive integer: the leading one keeps its sign bit clear.
  const serial = concat(Uint8Array.of(0x01), publicKey.subarray(0, SERIAL_BYTES));
  const content = der(
    TAG.sequence,
    der(TAG.version, der(TAG.integer, Uint8Array.of(2))),
    der(TAG.integer, serial),
    algorithm,
    name,
    der(
      TAG.sequence,
      der(TAG.utcTime, utf8(NOT_BEFORE)),
      der(TAG.generalizedTime, utf8(NOT_AFTER)),
    ),
    name,
    concat(SPKI_PREFIX, publicKey),
    der(TAG.extensions, der(TAG.sequence, NOT_AN_AUTHORITY)),
  );
  const signature = primitives.sign(content, secretKey);
  return der(TAG.sequence, content, algorithm, der(TAG.bitString, Uint8Array.of(0), signature));
}

/** The identity's private key as TLS wants it. */
export function privateKeyOf(identity: Identity): KeyObject {
  const pkcs8 = concat(PKCS8_PREFIX, identity.secretKey.subarray(0, SEED_BYTES));
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  pkcs8.fill(0);
  return key;
}

/** PEM, as `node:tls` takes it. */
export function pem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes).toString('base64').replaceAll(/.{64}/g, '$&\n').trim();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/**
 * The key of a peer's certificate, or why it proves nothing. TLS itself has checked that the peer holds the key; here
 * the certificate must be Ed25519, self-signed with that key, without issuers, and its key a point of the prime-order
 * subgroup (for a point of small order anybody could sign).
 */
export function certifiedKey(
  primitives: Primitives,
  certificate: X509Certificate | undefined,
): { readonly key: Uint8Array } | { readonly refusal: string } {
  if (certificate === undefined) return { refusal: 'it sent no certificate' };
  if (certificate.issuerCertificate !== undefined)
    return { refusal: 'it sent a chain of certificates' };
  if (certificate.publicKey.asymmetricKeyType !== 'ed25519') {
    return { refusal: 'its key is not Ed25519' };
  }
  const spki = new Uint8Array(certificate.publicKey.export({ format: 'der', type: 'spki' }));
  const key = spki.slice(SPKI_PREFIX.length);
  if (key.length !== PEER_ID_BYTES || !bytesEqual(spki, concat(SPKI_PREFIX, key))) {
    return { refusal: 'its key is not encoded as RFC 8410 says' };
  }
  if (!primitives.pointIsValid(key)) return { refusal: 'its key is not a valid point' };
  if (!certificate.verify(certificate.publicKey)) return { refusal: 'it is not self-signed' };
  return { key };
}
