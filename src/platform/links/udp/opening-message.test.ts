import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KNOCK_BYTES } from '../../../wire/knock.ts';
import {
  COOKIE_BYTES,
  decodeOpening,
  encodeOpening,
  NONCE_BYTES,
  type OpeningMessage,
} from './opening-message.ts';

const nonce = fc.uint8Array({ minLength: NONCE_BYTES, maxLength: NONCE_BYTES });
const cookie = fc.uint8Array({ minLength: COOKIE_BYTES, maxLength: COOKIE_BYTES });
// A challenge or an answer is never zeros alone.
const knock = fc
  .uint8Array({ minLength: KNOCK_BYTES, maxLength: KNOCK_BYTES })
  .filter((bytes) => bytes.some((byte) => byte !== 0));
const stream = fc.nat(0xffff_ffff);
const kind = <K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name);
const requests: fc.Arbitrary<OpeningMessage> = fc.oneof(
  fc.record({ kind: kind('probe'), nonce, stream }),
  fc.record({ kind: kind('open'), nonce, stream, cookie, answer: fc.option(knock) }),
);
const replies: fc.Arbitrary<OpeningMessage> = fc.oneof(
  fc.record({ kind: kind('cookie'), nonce, cookie }),
  fc.record({ kind: kind('accept'), nonce, stream }),
  fc.record({ kind: kind('demand'), nonce, challenge: knock }),
  fc.record({ kind: kind('refuse'), nonce, reason: fc.constantFrom('nobody', 'busy') }),
);

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.oneof(requests, replies), (message) => {
      expect(decodeOpening(encodeOpening(message))).toEqual(message);
    }),
  );
});

test('no reply is larger than any request', () => {
  fc.assert(
    fc.property(requests, replies, (request, reply) => {
      expect(encodeOpening(reply).length).toBeLessThan(encodeOpening(request).length);
    }),
  );
});

test('a message has one encoding: any other bytes decode to nothing, or to what encodes to them', () => {
  fc.assert(
    fc.property(fc.oneof(requests, replies), fc.nat(111), fc.nat(255), (message, at, byte) => {
      const bytes = encodeOpening(message);
      bytes[at % bytes.length] = byte;
      const read = decodeOpening(bytes);
      if (read !== null) expect(encodeOpening(read)).toEqual(bytes);
      expect(decodeOpening(bytes.subarray(1))).toBeNull();
      expect(decodeOpening(Uint8Array.of(...bytes, 0))).toBeNull();
    }),
  );
});
