// Decoders of the gateway, the node, the command line and the core against random and mutated input: an answer with a
// code, never an exception. BITCRAPS_FUZZ_MS is the time for each (300 ms unless told).

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openOperation } from '../../src/casino/operation.ts';
import { fromText, resolveSettings } from '../../src/cli/config/resolve.ts';
import { configDocument } from '../../src/cli/config/document.ts';
import { parseMobility, parsePosition } from '../../src/cli/config/place.ts';
import { parseAmount, formatAmount } from '../../src/core/amount.ts';
import { concat, fromBase32, fromHex, fromUtf8 } from '../../src/core/bytes.ts';
import { parsePeerId, peerIdText } from '../../src/core/peer-id.ts';
import { parseDuration, parseSize } from '../../src/core/units.ts';
import { decodePriceMessage } from '../../src/gateway/accounting/price-service.ts';
import { decodeGatewayPrice, encodeGatewayPrice } from '../../src/gateway/accounting/price.ts';
import {
  decodeGatewayOffer,
  encodeGatewayOffer,
} from '../../src/gateway/selection/gateway-offer.ts';
import {
  decodeProbeMessage,
  encodeProbe,
  encodeProbeAnswer,
} from '../../src/gateway/selection/probe-message.ts';
import {
  decodeHomeMessage,
  encodeHomeMessage,
} from '../../src/gateway/federation/home/home-message.ts';
import { decodeHome, encodeHome } from '../../src/gateway/federation/home/home-record.ts';
import { decodePresence, encodePresence } from '../../src/gateway/federation/presence.ts';
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
} from '../../src/node/casino-service.ts';
import { parseDialTarget } from '../../src/node/dialing.ts';
import { parseAddress } from '../../src/platform/links/address.ts';
import {
  createLineSplitter,
  decodeAnswer,
  decodeRequest as decodeControlRequest,
  encodeLine,
} from '../../src/platform/node/control-lines.ts';
import { systemRng } from '../../src/platform/node/rng.ts';
import { createNoise } from '../../src/crypto/noise.ts';
import { readHello } from '../../src/mesh/session-handshake.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { testIdentity } from '../suites/mesh-rig.ts';

const budgetMs = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');

function fuzz<T>(input: fc.Arbitrary<T>, check: (value: T) => void): void {
  fc.assert(
    fc.property(input, (value) => check(value)),
    {
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: budgetMs,
      markInterruptAsFailure: false,
    },
  );
}

/** Random bytes, or valid ones with a piece replaced. */
function bytesLike(...valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const edited = fc
    .tuple(fc.constantFrom(...valid), fc.nat(), fc.nat({ max: 4 }), fc.uint8Array({ maxLength: 4 }))
    .map(([base, at, drop, put]) => {
      const index = at % (base.length + 1);
      return concat(base.subarray(0, index), put, base.subarray(index + drop));
    });
  return fc.oneof(fc.uint8Array({ maxLength: 300 }), edited);
}

/** Any text, or a valid one with a piece replaced. */
function textLike(...valid: readonly string[]): fc.Arbitrary<string> {
  const edited = fc
    .tuple(fc.constantFrom(...valid), fc.nat(), fc.nat({ max: 3 }), fc.string({ maxLength: 3 }))
    .map(([base, at, drop, put]) => {
      const index = at % (base.length + 1);
      return base.slice(0, index) + put + base.slice(index + drop);
    });
  return fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), edited);
}

const identity = testIdentity('fuzz');

describe('bytes from the network', () => {
  const presence = encodePresence(primitives, identity, 'test', {
    meshName: 'a',
    sequence: 3n,
    peers: [testIdentity('p').publicKey, testIdentity('q').publicKey],
    validMs: 1000,
  });

  test('decodeHome', () => {
    const now = 1_767_225_600_000;
    const home = encodeHome({ gateways: [new Uint8Array(32).fill(3)], validUntilMs: now + 1_000 });
    fuzz(bytesLike(home), (bytes) => {
      const decoded = decodeHome(bytes, now);
      if (decoded.ok) expect(encodeHome(decoded.value)).toEqual(bytes);
      else expect(decoded.error.code).toBe('GATEWAY_HOME_MALFORMED');
    });
  });

  test('decodeHomeMessage', () => {
    const publicKey = new Uint8Array(32).fill(1);
    const message = encodeHomeMessage({
      publicKey,
      sequence: 5n,
      signature: new Uint8Array(64).fill(2),
      sealed: new Uint8Array(81).fill(3),
    });
    fuzz(bytesLike(message), (bytes) => {
      const record = decodeHomeMessage(publicKey, bytes);
      if (record !== null) expect(encodeHomeMessage(record)).toEqual(bytes);
    });
  });

  test('decodePresence: a changed record never passes', () => {
    fuzz(bytesLike(presence), (bytes) => {
      const decoded = decodePresence(primitives, 'test', bytes);
      if (decoded.ok) expect(bytes).toEqual(presence);
      else expect(decoded.error.code).toMatch(/^GATEWAY_PRESENCE_/);
    });
  });

  const terms = { fromMs: 5, control: 1n, game: 2n, bulk: 3n };
  const price = encodeGatewayPrice(primitives, identity, {
    sequence: 3n,
    current: terms,
    next: { ...terms, fromMs: 9 },
    validUntilMs: 10,
  });

  test('decodeGatewayPrice: a changed promise never passes', () => {
    fuzz(bytesLike(price), (bytes) => {
      const decoded = decodeGatewayPrice(primitives, bytes);
      if (decoded.ok) expect(bytes).toEqual(price);
      else expect(decoded.error.code).toMatch(/^GATEWAY_PRICE_/);
    });
  });

  test('decodePriceMessage', () => {
    const answer = concat(
      Uint8Array.of(0x12, (price.length & 127) | 128, price.length >> 7),
      price,
    );
    fuzz(bytesLike(answer, Uint8Array.of(0x0a, 0)), (bytes) => {
      const content = decodePriceMessage(bytes);
      if (content instanceof Uint8Array) decodeGatewayPrice(primitives, content);
    });
  });

  test('decodeRequest of the casino service', () => {
    const valid = [
      encodeRequest({ id: 1n, ask: { kind: 'genesis' } }),
      encodeRequest({ id: 2n, ask: { kind: 'blocks', fromHeight: 9n } }),
      encodeRequest({ id: 3n, ask: { kind: 'submit', operation: new Uint8Array(40) } }),
    ];
    fuzz(bytesLike(...valid), (bytes) => {
      const decoded = decodeRequest(bytes);
      if (decoded.ok) expect(decodeRequest(encodeRequest(decoded.value))).toEqual(decoded);
      else expect(decoded.error.code).toBe('NODE_SERVICE_MALFORMED');
    });
  });

  test('decodeReply of the casino service', () => {
    const valid = [
      encodeReply({ id: 1n, answer: { kind: 'genesis', genesis: new Uint8Array(20) } }),
      encodeReply({ id: 0n, answer: { kind: 'blocks', blocks: [new Uint8Array(30)], head: 4n } }),
      encodeReply({ id: 3n, answer: { kind: 'accepted', height: 5n } }),
      encodeReply({ id: 4n, answer: { kind: 'refused', code: 'X_Y', message: 'no' } }),
    ];
    fuzz(bytesLike(...valid), (bytes) => {
      const decoded = decodeReply(bytes);
      if (decoded.ok) expect(decodeReply(encodeReply(decoded.value))).toEqual(decoded);
      else expect(decoded.error.code).toBe('NODE_SERVICE_MALFORMED');
    });
  });

  test('openOperation: only a signed operation opens', () => {
    fuzz(bytesLike(new Uint8Array(200)), (bytes) => {
      expect(openOperation(primitives, bytes).ok).toBe(false);
    });
  });
});

describe('what gateways say to those who choose among them', () => {
  const offer = encodeGatewayOffer(primitives, identity, {
    meshName: 'home',
    sequence: 1n,
    validMs: 60_000,
    load: 0.5,
    uptime: 1,
    capacityBytesPerSecond: 1_000_000,
    transports: ['quic', 'tls'],
    draining: false,
  });

  test('decodeGatewayOffer: a changed offer never passes', () => {
    fuzz(bytesLike(offer), (bytes) => {
      const decoded = decodeGatewayOffer(primitives, identity.publicKey, bytes);
      if (decoded.ok) expect(bytes).toEqual(offer);
      else expect(decoded.error.code).toMatch(/^GATEWAY_OFFER_(MALFORMED|FORGED)$/);
    });
  });

  test('decodeProbeMessage: what is accepted is within its bounds and comes back the same', () => {
    const valid = [
      encodeProbe({ id: 7, destinations: [identity.publicKey] }),
      encodeProbeAnswer({ id: 7, offer, reached: [true, false, true] }),
    ];
    fuzz(bytesLike(...valid), (bytes) => {
      const message = decodeProbeMessage(bytes);
      if (message === null) return;
      const again = message.kind === 'probe' ? encodeProbe(message) : encodeProbeAnswer(message);
      expect(decodeProbeMessage(again)).toEqual(message);
    });
  });
});

describe('a session handshake', () => {
  test('readHello: only what the peer sealed is read', () => {
    const secret = primitives.signSecretToX25519(identity.secretKey);
    const remoteStatic = primitives.x25519Base(
      primitives.signSecretToX25519(testIdentity('p').secretKey),
    );
    const noise = createNoise(primitives, systemRng, {
      pattern: 'KK',
      role: 'responder',
      prologue: new Uint8Array(0),
      staticSecret: secret,
      remoteStatic,
    });
    fuzz(bytesLike(new Uint8Array(96)), (bytes) => {
      expect(readHello(noise, bytes)).toBeNull();
    });
  });
});

describe('bytes from the control socket', () => {
  const request = encodeLine({ method: 'status', params: { a: [1, null] } });
  const answer = encodeLine({ error: { code: 'A_B', message: 'm', cure: 'c' } });

  test('decodeRequest and decodeAnswer never throw', () => {
    fuzz(bytesLike(request, answer), (bytes) => {
      const asked = decodeControlRequest(bytes);
      if (!asked.ok) expect(asked.error.code).toBe('PLATFORM_CONTROL_REQUEST_MALFORMED');
      const answered = decodeAnswer(bytes);
      if (answered !== null)
        expect(decodeAnswer(encodeLine(answered).subarray(0, -1))).toEqual(answered);
    });
  });

  test('createLineSplitter gives the same lines however the bytes are cut', () => {
    fuzz(
      fc.tuple(
        fc.array(fc.uint8Array({ maxLength: 30 })),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      ),
      ([parts, cuts]) => {
        const whole = concat(...parts, Uint8Array.of(0x0a));
        const once = createLineSplitter(1000).push(whole);
        const splitter = createLineSplitter(1000);
        const piecewise: Uint8Array[] = [];
        for (let at = 0; at < whole.length;) {
          const next = at + (cuts.next().value ?? 1);
          piecewise.push(...(splitter.push(whole.subarray(at, next)) ?? []));
          at = next;
        }
        if (once !== null) expect(piecewise.map(String)).toEqual(once.map(String));
      },
    );
  });
});

describe('texts from people', () => {
  const id = peerIdText(identity.publicKey);

  test('parsePeerId, parseAmount, parseDuration, parseSize, fromBase32, fromHex, fromUtf8', () => {
    fuzz(textLike(id, '12.5', '30s', '16KiB', 'deadbeef'), (text) => {
      const peer = parsePeerId(text);
      if (peer.ok) expect(peerIdText(peer.value)).toBe(text);
      const amount = parseAmount(text);
      if (amount.ok) expect(parseAmount(formatAmount(amount.value))).toEqual(amount);
      const duration = parseDuration(text);
      if (duration.ok) expect(duration.value).toBeGreaterThanOrEqual(0);
      const size = parseSize(text);
      if (size.ok) expect(Number.isFinite(size.value)).toBe(true);
      fromBase32(text, 32);
      fromHex(text);
      fromUtf8(new Uint8Array(text.length).fill(text.charCodeAt(0)));
    });
  });

  test('parsePosition and parseMobility', () => {
    fuzz(textLike('52.52,13.40', 'commuter:8,52.5,13.4,600', 'linear:1.4,90'), (text) => {
      const position = parsePosition(text);
      if (position !== null) expect(Math.abs(position.x)).toBeLessThanOrEqual(90);
      const mobility = parseMobility(text);
      if (mobility !== null && mobility.kind !== 'static')
        expect(Number.isFinite(mobility.speed)).toBe(true);
    });
  });

  test('parseAddress and parseDialTarget', () => {
    fuzz(textLike('127.0.0.1:80', '[::1]:9', `${id}@host:1`), (text) => {
      const address = parseAddress(text);
      if (!address.ok) expect(address.error.code).toBe('LINK_ADDRESS_INVALID');
      const target = parseDialTarget(text);
      if (!target.ok) expect(target.error.code).toBe('BYTES_INVALID_BASE32');
    });
  });

  test('resolveSettings: a configuration file is read or refused with a code', () => {
    fuzz(textLike(configDocument()), (text) => {
      for (const form of ['text', 'number', 'switch', 'list'] as const) fromText(form, text);
      try {
        resolveSettings({ file: { path: 'f', text }, environment: {}, flags: {} });
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^CLI_CONFIG_/) });
      }
    });
  });
});
