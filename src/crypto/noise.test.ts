import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noiseAnswers } from '../../test/suites/noise-answers.ts';
import { fromHex, utf8 } from '../core/bytes.ts';
import type { Rng } from '../env/rng.ts';
import { primitives } from '../platform/node/primitives.ts';
import {
  createNoise,
  NOISE_PAYLOAD_BYTES_MAX,
  type NoiseConfig,
  type NoiseHandshake,
} from './noise.ts';

const NONE = new Uint8Array(0);
const PATTERNS = ['XX', 'IK', 'KK'] as const;
/** How many messages each pattern takes. */
const MESSAGES = { XX: 3, IK: 2, KK: 2 } as const;
const SECRETS = { initiator: new Uint8Array(32).fill(1), responder: new Uint8Array(32).fill(2) };

let draws = 0;
const rng: Rng = {
  fill(out) {
    draws += 1;
    out.set(primitives.sha512(utf8(`noise test ${draws}`)).subarray(0, out.length));
  },
  uint32: () => 0,
};

function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === null) throw new Error(`not hexadecimal: ${text}`);
  return bytes;
}

type Overrides = Partial<Record<'initiator' | 'responder', Partial<NoiseConfig>>>;

function pair(
  pattern: (typeof PATTERNS)[number],
  overrides: Overrides = {},
): [NoiseHandshake, NoiseHandshake] {
  const publicKeys = {
    initiator: primitives.x25519Base(SECRETS.initiator),
    responder: primitives.x25519Base(SECRETS.responder),
  };
  const create = (role: 'initiator' | 'responder'): NoiseHandshake => {
    const knows = pattern === 'KK' || (pattern === 'IK' && role === 'initiator');
    const remote = publicKeys[role === 'initiator' ? 'responder' : 'initiator'];
    return createNoise(primitives, rng, {
      pattern,
      role,
      prologue: utf8('test'),
      staticSecret: SECRETS[role],
      ...(knows ? { remoteStatic: remote } : {}),
      ...overrides[role],
    });
  };
  return [create('initiator'), create('responder')];
}

/** Runs a handshake; how many messages got through. */
function run(
  initiator: NoiseHandshake,
  responder: NoiseHandshake,
  messages: number,
  payload = NONE,
): number {
  for (let i = 0; i < messages; i += 1) {
    const [from, to] = i % 2 === 0 ? [initiator, responder] : [responder, initiator];
    const received = to.read(from.write(payload));
    if (received === null) return i;
    expect(received).toEqual(payload);
  }
  return messages;
}

describe.each(PATTERNS)('Noise %s', (pattern) => {
  test('both ends get the same keys, crosswise, and learn each other', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (payload) => {
        const [initiator, responder] = pair(pattern);
        expect(run(initiator, responder, MESSAGES[pattern], payload)).toBe(MESSAGES[pattern]);
        const [a, b] = [initiator.keys, responder.keys];
        expect(a?.send).toEqual(b?.receive);
        expect(a?.receive).toEqual(b?.send);
        expect(a?.send).not.toEqual(a?.receive);
        expect(a?.handshakeHash).toEqual(b?.handshakeHash);
        expect(initiator.remoteStatic).toEqual(primitives.x25519Base(SECRETS.responder));
        expect(responder.remoteStatic).toEqual(primitives.x25519Base(SECRETS.initiator));
      }),
      { numRuns: 20 },
    );
  });

  test('a message with any bit flipped is refused, and the true one still goes through', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 2 }), (at, which) => {
        const [initiator, responder] = pair(pattern);
        for (let i = 0; i < MESSAGES[pattern]; i += 1) {
          const [from, to] = i % 2 === 0 ? [initiator, responder] : [responder, initiator];
          const message = from.write(utf8('payload'));
          const sealed = i > 0 || pattern !== 'XX';
          if (i === which % MESSAGES[pattern] && sealed) {
            const forged = message.slice();
            const bit = at % (8 * message.length);
            forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
            // X25519 ignores the top bit of a point, but the transcript does not.
            expect(to.read(forged)).toBeNull();
            expect(to.read(message.subarray(0, at % message.length))).toBeNull();
          }
          expect(to.read(message)).toEqual(utf8('payload'));
        }
        expect(initiator.keys?.handshakeHash).toEqual(responder.keys?.handshakeHash);
      }),
      { numRuns: 60 },
    );
  });

  test('another prologue fails', () => {
    const [initiator, responder] = pair(pattern, { responder: { prologue: utf8('other') } });
    expect(run(initiator, responder, MESSAGES[pattern])).toBeLessThan(MESSAGES[pattern]);
    expect(initiator.keys).toBeNull();
  });

  test('another static key than expected fails', () => {
    const wrong = primitives.x25519Base(new Uint8Array(32).fill(3));
    for (const role of ['initiator', 'responder'] as const) {
      const [initiator, responder] = pair(pattern, { [role]: { remoteStatic: wrong } });
      expect(run(initiator, responder, MESSAGES[pattern])).toBeLessThan(MESSAGES[pattern]);
    }
  });

  test('out of turn, write throws and read refuses', () => {
    const [initiator, responder] = pair(pattern);
    const outOfTurn = expect.objectContaining({ code: 'CRYPTO_HANDSHAKE_MISUSE' });
    expect(() => responder.write(NONE)).toThrow(outOfTurn);
    expect(initiator.read(new Uint8Array(200))).toBeNull();
    const first = initiator.write(NONE);
    expect(() => initiator.write(NONE)).toThrow(outOfTurn);
    expect(responder.read(first)).toEqual(NONE);
    expect(responder.read(first)).toBeNull();
    expect(() => responder.write(new Uint8Array(NOISE_PAYLOAD_BYTES_MAX + 1))).toThrow(outOfTurn);
    expect(initiator.read(responder.write(new Uint8Array(NOISE_PAYLOAD_BYTES_MAX)))).not.toBeNull();
  });

  test('an ephemeral key of small order is refused on arrival', () => {
    const smallOrder = [
      '00',
      '01',
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    ];
    for (const point of smallOrder) {
      const [initiator, responder] = pair(pattern);
      const message = initiator.write(NONE);
      message.set(hex(point.padEnd(64, '0')));
      expect(responder.read(message)).toBeNull();
    }
  });
});

test('a static key that the pattern needs must be given', () => {
  for (const pattern of ['IK', 'KK'] as const) {
    expect(() =>
      createNoise(primitives, rng, {
        pattern,
        role: 'initiator',
        prologue: NONE,
        staticSecret: SECRETS.initiator,
      }),
    ).toThrow(expect.objectContaining({ code: 'CRYPTO_HANDSHAKE_MISUSE' }));
  }
});

test('every handshake draws its own ephemeral key', () => {
  const [first] = pair('XX');
  const [second] = pair('XX');
  expect(first.write(NONE)).not.toEqual(second.write(NONE));
});

describe('published vectors', () => {
  test.each(noiseAnswers(primitives).map((answers) => [answers.name, answers] as const))(
    '%s',
    (_name, { computed, published }) => {
      expect(computed).toEqual(published);
    },
  );
});
