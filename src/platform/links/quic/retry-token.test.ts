import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../../../env/clock.ts';
import { createRetryTokens } from './retry-token.ts';

class HandClock implements Clock {
  ms = 1000;
  readonly now = (): number => this.ms;
  readonly wallMs = (): number => this.ms;
  readonly after = (): { cancel(): void } => ({ cancel: () => undefined });
}

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const id = fc.uint8Array({ minLength: 8, maxLength: 20 });

test('a token opens for the address and the id that it was made for, for ten seconds', () => {
  fc.assert(
    fc.property(bytes(32), id, bytes(20), fc.string(), (secret, original, next, address) => {
      const clock = new HandClock();
      const tokens = createRetryTokens(clock, secret);
      const token = tokens.mint(address, original, next);
      clock.ms += 10_000;
      expect(tokens.open(token, address, next)).toEqual(original);
      expect(tokens.open(token, `${address}.`, next)).toBeNull();
      expect(
        tokens.open(token, address, next.toReversed().with(0, (next[19] ?? 0) ^ 1)),
      ).toBeNull();
      clock.ms += 1;
      expect(tokens.open(token, address, next)).toBeNull();
    }),
  );
});

test('nobody else can make one, and a changed one is none', () => {
  const tokens = createRetryTokens(new HandClock(), new Uint8Array(32));
  const others = createRetryTokens(new HandClock(), new Uint8Array(32).fill(1));
  const next = new Uint8Array(20);
  fc.assert(
    fc.property(id, fc.nat(), fc.integer({ min: 1, max: 255 }), (original, at, flip) => {
      const token = tokens.mint('a', original, next);
      expect(others.open(token, 'a', next)).toBeNull();
      const changed = token.slice();
      changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ flip;
      expect(tokens.open(changed, 'a', next)).toBeNull();
    }),
  );
});

test('any bytes are a token or not, never an exception', () => {
  const tokens = createRetryTokens(new HandClock(), new Uint8Array(32));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (token) => {
      expect(tokens.open(token, 'a', new Uint8Array(20))).toBeNull();
    }),
  );
});
