import { describe, expect, test } from 'vitest';
import { identityFromSeed } from '../../crypto/signing.ts';
import { unwrap } from '../../core/errors.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { createWorld } from '../../sim/world.ts';
import { decodeGatewayOffer } from './gateway-offer.ts';
import { OfferDesk } from './offer-desk.ts';
import { OwnClaims, type CrossingGateway } from './own-claims.ts';
import { decodeProbeMessage } from './probe-message.ts';

class FakeGateway implements CrossingGateway {
  bytes = 0;
  up = true;
  pendingBytes = 0;
  crossings = (): { bytesOut: number; bytesIn: number } => ({ bytesOut: this.bytes, bytesIn: 0 });
  bridges = (): { suspect: boolean; pendingBytes: number }[] =>
    this.up ? [{ suspect: false, pendingBytes: this.pendingBytes }] : [];
}

class Rig {
  readonly world = createWorld({ seed: 1, primitives });
  readonly gateway = new FakeGateway();
  capacity: number | null = null;
  delayMs = 0;
  limitUsed = 0;
  limits: { out: number | null; in: number | null } = { out: null, in: null };
  readonly claims = new OwnClaims({
    clock: this.world.clock,
    gateway: this.gateway,
    capacity: () => this.capacity,
    limitUsed: () => this.limitUsed,
    limits: () => this.limits,
    delayMs: () => this.delayMs,
    transports: () => ['tls'],
    draining: () => false,
  });

  /** Carries at a steady rate. */
  run(ms: number, bytesPerSecond = 0): void {
    for (let passed = 0; passed < ms; passed += 100) {
      this.gateway.bytes += bytesPerSecond / 10;
      this.world.runSync(this.world.clock.now() + 100);
    }
  }
}

describe('what a gateway says of itself', () => {
  test('its load is the share of its capacity that crossings use', () => {
    const rig = new Rig();
    rig.capacity = 1_000_000;
    rig.run(10_000, 600_000);
    expect(rig.claims.now().load).toBeCloseTo(0.6, 1);
    rig.run(10_000, 5_000_000);
    expect(rig.claims.now().load).toBe(1);
    rig.run(20_000);
    expect(rig.claims.now().load).toBeLessThan(0.01);
  });

  test('it tells of a limit that is full within three seconds', () => {
    const rig = new Rig();
    rig.limits = { out: 1_000_000, in: 1 };
    rig.run(10_000, 100_000);
    expect(rig.claims.now().load).toBeCloseTo(0.1, 2);
    rig.run(3_000, 1_000_000);
    expect(rig.claims.now().load).toBeGreaterThan(0.8);
  });

  test('without a capacity it is what waits: for bridges, for the machine, for a limit', () => {
    const rig = new Rig();
    rig.run(10_000, 100_000);
    expect(rig.claims.now().load).toBe(0);
    rig.gateway.pendingBytes = 10_000;
    expect(rig.claims.now().load).toBeCloseTo(0.5, 1);
    rig.gateway.pendingBytes = 0;
    rig.delayMs = 300;
    expect(rig.claims.now().load).toBeCloseTo(0.75, 6);
    rig.limitUsed = 0.9;
    expect(rig.claims.now().load).toBe(0.9);
  });

  test('its uptime is the share of the time since its first bridge that it had one', () => {
    const rig = new Rig();
    rig.gateway.up = false;
    rig.run(60_000);
    expect(rig.claims.now().uptime).toBe(0);
    rig.gateway.up = true;
    rig.run(30_000);
    expect(rig.claims.now().uptime).toBe(1);
    rig.gateway.up = false;
    rig.run(10_000);
    expect(rig.claims.now().uptime).toBeCloseTo(0.75, 1);
    rig.claims.stop();
  });
});

describe('a desk', () => {
  const identity = identityFromSeed(primitives, new Uint8Array(32).fill(4));
  const reached = new Uint8Array(32).fill(1);

  function desk(rig: Rig): OfferDesk {
    return new OfferDesk({
      primitives,
      clock: rig.world.clock,
      identity,
      meshName: 'home',
      bootEpoch: 3,
      claims: () => rig.claims.now(),
      reaches: (peer) => peer[0] === 1,
    });
  }

  test('answers with its offer and with what it reaches', () => {
    const rig = new Rig();
    rig.run(1_000);
    const answer = desk(rig).answer({
      id: 9,
      destinations: [reached, identity.publicKey, reached],
    });
    const message = decodeProbeMessage(answer ?? new Uint8Array(0));
    if (message?.kind !== 'answer') throw new Error('an answer');
    expect(message.id).toBe(9);
    expect(message.reached.slice(0, 4)).toEqual([true, false, true, false]);
    const offer = unwrap(decodeGatewayOffer(primitives, identity.publicKey, message.offer));
    expect(offer).toMatchObject({ meshName: 'home', transports: ['tls'], uptime: 1 });
    expect(offer.sequence >> 32n).toBe(3n);
  });

  test('signs anew only what has changed, and not often; and before it runs out', () => {
    const rig = new Rig();
    const signing = desk(rig);
    const first = signing.offer();
    rig.run(5_000);
    expect(signing.offer()).toBe(first);
    rig.delayMs = 200;
    const changed = signing.offer();
    expect(changed).not.toEqual(first);
    rig.delayMs = 20;
    expect(signing.offer()).toBe(changed);
    rig.run(600);
    expect(signing.offer()).not.toBe(changed);
    const last = signing.offer();
    const { sequence, validMs } = unwrap(decodeGatewayOffer(primitives, identity.publicKey, last));
    rig.run(validMs / 2);
    const renewed = unwrap(decodeGatewayOffer(primitives, identity.publicKey, signing.offer()));
    expect(renewed.sequence).toBeGreaterThan(sequence);
  });

  test('answers no more than its bound', () => {
    const rig = new Rig();
    const asked = desk(rig);
    let answers = 0;
    for (let i = 0; i < 3_000; i += 1) {
      if (asked.answer({ id: i, destinations: [] }) !== null) answers += 1;
    }
    expect(answers).toBe(500);
    rig.run(1_000);
    expect(asked.answer({ id: 1, destinations: [] })).not.toBeNull();
  });
});
