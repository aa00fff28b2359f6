import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../core/bytes.ts';
import { randomBytes } from '../crypto/random-bytes.ts';
import type { Compressor } from '../env/compressor.ts';
import { primitives } from '../platform/node/primitives.ts';
import { zstd } from '../platform/node/zstd.ts';
import { createSeededRng } from '../sim/seeded-rng.ts';
import type { Negotiation } from '../versioning/negotiate.ts';
import {
  COMPRESSED_BYTES_MIN,
  PAYLOAD_BYTES_MAX,
  Session,
  SESSION_MESSAGES_MAX,
  SESSION_MS_MAX,
  sessionIdOf,
} from './session.ts';

const [one, two, hash] = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

function negotiation(compresses: boolean): Negotiation {
  return {
    mode: compresses ? 'full' : 'limited',
    features: compresses ? ['BasicMesh', 'CompressionV2'] : ['BasicMesh'],
    revisions: {},
    missing: [],
    upgrade: null,
    reason: { kind: 'all-shared' },
    wire: 1,
  };
}

function pair(
  compresses = true,
  compressor: Compressor = zstd,
): { readonly a: Session; readonly b: Session } {
  const end = (local: number, send: Uint8Array, receive: Uint8Array): Session =>
    new Session({
      primitives,
      compressor: local === 1 ? compressor : zstd,
      peer: new Uint8Array(32),
      begunBy: 'local',
      keys: { send: send.slice(), receive: receive.slice(), handshakeHash: hash },
      localId: local,
      remoteId: 3 - local,
      negotiation: negotiation(compresses),
      establishedAtMs: 0,
    });
  return { a: end(1, one, two), b: end(2, two, one) };
}

/** Bytes of the payload as sealed. */
function lengthOf(session: Session, payload: Uint8Array): number {
  return session.seal(1, payload).length - 12 - 16 - 3;
}

describe('session', () => {
  test('what is sealed is opened, in any order, once', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            protocol: fc.integer({ min: 1, max: 65_535 }),
            payload: fc.uint8Array({ maxLength: 400 }),
          }),
          { maxLength: 20 },
        ),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        (messages, compresses, order) => {
          const { a, b } = pair(compresses);
          const bodies = messages.map(({ protocol, payload }, index) => ({
            index,
            body: a.seal(protocol, payload),
            rank: order.next().value ?? 0,
          }));
          for (const { index, body } of bodies.toSorted((x, y) => x.rank - y.rank)) {
            expect(sessionIdOf(body)).toBe(2);
            expect(b.open(body)).toEqual({ kind: 'message', ...messages[index] });
            expect(b.open(body)).toEqual({ kind: 'replayed' });
          }
        },
      ),
    );
  });

  test('a changed byte breaks the seal, and leaves the counter free', () => {
    const { a, b } = pair();
    const body = a.seal(7, utf8('ten dollars on eleven'));
    for (let position = 0; position < body.length; position += 1) {
      const changed = body.slice();
      changed[position] = (changed[position] ?? 0) ^ 1;
      expect(b.open(changed)).toEqual({ kind: 'broken' });
    }
    expect(b.open(body)).toMatchObject({ kind: 'message' });
    expect(b.open(new Uint8Array(12))).toEqual({ kind: 'broken' });
  });

  test('compresses past 128 bytes, only where it helps and both ends have it', () => {
    const [short, long] = [
      new Uint8Array(COMPRESSED_BYTES_MIN - 1),
      new Uint8Array(COMPRESSED_BYTES_MIN),
    ];
    const noise = randomBytes(createSeededRng(primitives, 1, 'noise'), 4096);
    expect(lengthOf(pair().a, short)).toBe(short.length);
    expect(lengthOf(pair().a, long)).toBeLessThan(long.length);
    expect(lengthOf(pair().a, noise)).toBe(noise.length);
    expect(lengthOf(pair(false).a, long)).toBe(long.length);
  });

  test('what inflates past the bound is refused, and what was not agreed on', () => {
    const bomb = zstd.compress(new Uint8Array(PAYLOAD_BYTES_MAX + 1));
    const cheat: Compressor = { ...zstd, compress: () => bomb };
    const { a, b } = pair(true, cheat);
    expect(b.open(a.seal(1, new Uint8Array(1000)))).toEqual({ kind: 'malformed' });
    const plain: Session = pair(false).b;
    expect(plain.open(a.seal(1, new Uint8Array(1000)))).toEqual({ kind: 'malformed' });
  });

  test('ages after two hours or 2^32 messages', () => {
    const { a } = pair();
    expect([a.isUsable(0), a.isAging(0)]).toEqual([true, false]);
    expect([a.isUsable(SESSION_MS_MAX - 1), a.isAging(SESSION_MS_MAX - 1)]).toEqual([true, true]);
    expect(a.isUsable(SESSION_MS_MAX)).toBe(false);
    a.sent = SESSION_MESSAGES_MAX - 1n;
    expect([a.isUsable(0), a.isAging(0)]).toEqual([true, true]);
    a.sent = SESSION_MESSAGES_MAX;
    expect(a.isUsable(0)).toBe(false);
  });
});
