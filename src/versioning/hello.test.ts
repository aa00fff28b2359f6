import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hellos } from '../../test/wire/arbitraries.ts';
import { BitcrapsError, unwrap } from '../core/errors.ts';
import type { Rng } from '../env/rng.ts';
import { isGrease } from './features.ts';
import { decodeHello, encodeHello, HELLO_BYTES_MAX, helloFor, type Hello } from './hello.ts';
import { isActive, negotiate, type Negotiation } from './negotiate.ts';
import { CURRENT, formatVersion, parseVersion, type ProtocolVersion } from './protocol-version.ts';

/** Counts up: every draw differs. */
function countingRng(): Rng {
  let next = 0;
  return {
    fill(out: Uint8Array): void {
      for (let i = 0; i < out.length; i += 1) out[i] = next++;
    },
    uint32: (): number => next++,
  };
}

const rest = {
  networkId: 'test',
  rulesHash: new Uint8Array(32),
  purpose: 'mesh',
  meshName: 'hall',
  gateway: false,
  frameBytesMax: 65_536,
  proof: new Uint8Array(8),
} as const;

const V1_0: ProtocolVersion = { major: 1, minor: 0, patch: 0 };
const V1_1: ProtocolVersion = { major: 1, minor: 1, patch: 0 };

describe('Hello', () => {
  test('survives its encoding', () => {
    fc.assert(
      fc.property(hellos, (hello) => {
        expect(unwrap(decodeHello(encodeHello(hello)))).toEqual(hello);
      }),
    );
  });

  test('what decodes can be encoded', () => {
    fc.assert(
      fc.property(hellos, fc.nat(), fc.nat({ max: 255 }), (hello, at, value) => {
        const bytes = encodeHello(hello);
        bytes[at % bytes.length] = value;
        const decoded = decodeHello(bytes);
        if (decoded.ok)
          expect(unwrap(decodeHello(encodeHello(decoded.value)))).toEqual(decoded.value);
      }),
    );
  });

  test('what decodeHello refuses, encodeHello does not write', () => {
    const hello = helloFor(CURRENT, rest, countingRng());
    expect(() => encodeHello({ ...hello, networkId: '' })).toThrow('network id');
    expect(() => encodeHello({ ...hello, frameBytesMax: 1000 })).toThrow('frame limit');
    expect(() => encodeHello({ ...hello, features: hello.features.toReversed() })).toThrow(
      'ascend',
    );
  });

  test('a Hello of this build is far below the bound', () => {
    const longest = { ...rest, networkId: 'n'.repeat(64), meshName: 'm'.repeat(64) };
    const bytes = encodeHello(helloFor(CURRENT, longest, countingRng()));
    expect(bytes.length).toBeLessThan(HELLO_BYTES_MAX / 4);
  });
});

describe('the Hello of a version', () => {
  test.each([
    [V1_0, [1]],
    [V1_1, [1, 2]],
    [{ major: 1, minor: 2, patch: 9 }, [1, 2, 3]],
    [CURRENT, [1, 2, 3, 4]],
  ] as const)('offers what exists up to %o, and one reserved id', (version, ids) => {
    const { features, wireMin, wireMax, ...made } = hello(version);
    expect(features.filter(({ id }) => !isGrease(id)).map(({ id }) => id)).toEqual(ids);
    expect(features.filter(({ id }) => isGrease(id))).toHaveLength(1);
    expect([wireMin, wireMax, made.version]).toEqual([1, 1, version]);
    expect(decodeHello(encodeHello(hello(version))).ok).toBe(true);
  });

  test('is fresh each time', () => {
    const rng = countingRng();
    const [first, second] = [helloFor(CURRENT, rest, rng), helloFor(CURRENT, rest, rng)];
    expect(first.nonce).not.toEqual(second.nonce);
  });

  test('a bridge demands GatewayNodes', () => {
    const bridge = helloFor(CURRENT, { ...rest, purpose: 'bridge' }, countingRng());
    const member = helloFor(V1_0, { ...rest, purpose: 'bridge' }, countingRng());
    expect(negotiate(bridge, member).reason).toEqual({
      kind: 'required-feature-missing',
      feature: 'GatewayNodes',
      lackedBy: 'remote',
    });
  });

  test('a bridge to a gateway that knows bridges of the first revision only is refused with who is behind', () => {
    const bridge = helloFor(CURRENT, { ...rest, purpose: 'bridge' }, countingRng());
    const features = bridge.features.map((offer) =>
      offer.id === 2 ? { ...offer, min: 1, max: 1 } : offer,
    );
    expect(negotiate(bridge, { ...bridge, features }).reason).toEqual({
      kind: 'required-feature-missing',
      feature: 'GatewayNodes',
      lackedBy: 'remote',
    });
  });

  test.each(['0.9.0', '1.3.1', '1.4.0', '2.0.0'])('%s is not spoken', (text) => {
    const version = unwrap(parseVersion(text));
    expect(() => helloFor(version, rest, countingRng())).toThrow(BitcrapsError);
  });
});

function hello(version: ProtocolVersion): Hello {
  return helloFor(version, rest, countingRng());
}

describe('capped nodes, pairwise', () => {
  const all = ['BasicMesh', 'GatewayNodes', 'EnhancedRouting', 'CompressionV2'];
  const table: readonly (readonly [ProtocolVersion, ProtocolVersion, string, readonly string[]])[] =
    [
      [V1_0, V1_0, 'full', ['BasicMesh']],
      [V1_0, V1_1, 'limited', ['BasicMesh']],
      [V1_0, CURRENT, 'limited', ['BasicMesh']],
      [V1_1, V1_1, 'full', ['BasicMesh', 'GatewayNodes']],
      [V1_1, CURRENT, 'limited', ['BasicMesh', 'GatewayNodes']],
      [CURRENT, CURRENT, 'full', all],
    ];
  const named = table.map(
    ([a, b, mode, features]) => [formatVersion(a), formatVersion(b), mode, features, a, b] as const,
  );
  test.each(named)('%s with %s: %s', (_a, _b, mode, features, a, b) => {
    const both: readonly Negotiation[] = [
      negotiate(hello(a), hello(b)),
      negotiate(hello(b), hello(a)),
    ];
    for (const negotiation of both) {
      expect(negotiation.mode).toBe(mode);
      expect(negotiation.features).toEqual(features);
      expect(isActive(negotiation, 'ProofOfRelay')).toBe(false);
    }
  });
});
