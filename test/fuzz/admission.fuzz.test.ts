// What strangers send before they are anybody, against random bytes and changed valid input: an answer, never an
// exception, nothing longer than what was sent, and nothing kept. BITCRAPS_FUZZ_MS is the time for each (300 ms).

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { originOf, parseIp } from '../../src/gateway/admission/address-prefix.ts';
import { createAdmissionGate } from '../../src/gateway/admission/gate.ts';
import { createMetrics } from '../../src/platform/node/metrics.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { answerSearch } from '../../src/platform/links/knock-answer.ts';
import { createWorld } from '../../src/sim/world.ts';
import {
  COOKIE_BYTES,
  cookieParts,
  decodeKnock,
  encodeCookie,
  encodeKnock,
  isKnock,
  KNOCK_BYTES,
} from '../../src/wire/knock.ts';

const budgetMs = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');
const runs = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: budgetMs };

const exactly = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const key = exactly(32);
const cookie = exactly(COOKIE_BYTES);
const knock = fc.oneof(
  fc.constant({ kind: 'ask' as const }),
  fc.record({ kind: fc.constant('challenge' as const), listener: key, cookie }),
  fc.record({ kind: fc.constant('answer' as const), dialer: key, cookie, solution: exactly(8) }),
);
/** Knocks, knocks with a byte changed, and anything. */
const sent = fc.oneof(
  knock.map(encodeKnock),
  fc.tuple(knock, fc.nat(KNOCK_BYTES - 1), fc.nat(255)).map(([knock, at, value]) => {
    const bytes = encodeKnock(knock);
    bytes[at] = value;
    return bytes;
  }),
  fc.uint8Array({ maxLength: 2 * KNOCK_BYTES }),
);

test('knocks: what decodes encodes back, and begins like a knock however little of it came', () => {
  fc.assert(
    fc.property(sent, fc.nat(KNOCK_BYTES), (bytes, cut) => {
      const decoded = decodeKnock(bytes);
      if (decoded === null) return;
      expect(encodeKnock(decoded)).toEqual(bytes);
      expect(isKnock(bytes.subarray(0, cut))).toBe(cut > 0);
      if (decoded.kind !== 'ask') {
        expect(encodeCookie(cookieParts(decoded.cookie))).toEqual(decoded.cookie);
      }
    }),
    runs,
  );
});

test('the gate: replies to asks only, never longer than these, and admits no made-up answer', () => {
  const world = createWorld({ seed: 1, primitives });
  const gate = createAdmissionGate(
    { self: new Uint8Array(32) },
    { primitives, clock: world.clock, rng: world.rng('gate'), metrics: createMetrics() },
  );
  fc.assert(
    fc.property(sent, fc.nat(0xff_ffff), (bytes, from) => {
      const address = `10.${from >> 16}.${(from >> 8) & 0xff}.${from & 0xff}`;
      const reply = gate.challengeFor(address, bytes);
      expect(reply?.length ?? 0).toBeLessThanOrEqual(bytes.length);
      const visit = gate.arrive({
        address,
        transport: 'fuzz',
        receivedBytes: () => bytes.length,
        end: () => undefined,
      });
      if (typeof visit === 'string') return;
      // One that looks as if its time had run out is asked anew.
      expect(['refused', 'challenged']).toContain(visit.begin(bytes).kind);
      visit.leave();
    }),
    runs,
  );
  expect(gate.report()).toMatchObject({ links: 0, halfOpen: 0, admitted: 0 });
});

test('the dialer: works on challenges only', () => {
  fc.assert(
    fc.property(sent, fc.option(key), (bytes, remoteKey) => {
      const search = answerSearch(primitives, new Uint8Array(32), remoteKey, bytes);
      if (search === null) return;
      expect(decodeKnock(bytes)).toMatchObject({ kind: 'challenge' });
    }),
    runs,
  );
});

test('addresses: any text has an origin', () => {
  const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string());
  fc.assert(
    fc.property(text, (text) => {
      const origin = originOf(text);
      expect(origin.bytes).toHaveLength(16);
      if (parseIp(text) === null) expect(origin.prefix).toBeNull();
      else expect(originOf(`${text}%eth0`)).toEqual(origin);
    }),
    runs,
  );
});
