// Reliable messages over a mesh that loses, repeats and reorders what it carries.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ok } from '../../core/errors.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { createWorld, type World } from '../../sim/world.ts';
import type { Mesh, MeshMessage } from '../mesh-contract.ts';
import { createDelivery, EXPIRE_MS, type Delivery } from './delivery.ts';
import { decodeDeliveryFrame } from './delivery-frame.ts';
import { RESEND_MS_MAX, WINDOW_MESSAGES } from './outgoing-stream.ts';

const PROTOCOL = 9;

/** The network is all the ways that there are. */
const ONE_WAY: Pick<Mesh, 'doubt' | 'onWayLeft'> = { doubt: () => false, onWayLeft: () => {} };

interface Weather {
  readonly loss: number;
  readonly twice: number;
  readonly jitterMs: number;
}

/** Ends that reach each other through one network, as far as deliveries ask a mesh. */
class Net {
  readonly world: World;
  weather: Weather = { loss: 0, twice: 0, jitterMs: 0 };
  readonly #ends = new Map<number, (message: MeshMessage) => void>();
  sent = 0;

  constructor(seed: number) {
    this.world = createWorld({ seed, primitives });
  }

  mesh(id: number): Mesh {
    const rng = this.world.rng(`net ${id}`);
    const send = (to: Uint8Array, _: number, payload: Uint8Array): ReturnType<Mesh['send']> => {
      this.sent += 1;
      const { loss, twice, jitterMs } = this.weather;
      const copies = rng.unit() < loss ? 0 : rng.unit() < twice ? 2 : 1;
      const bytes = payload.slice();
      for (let copy = 0; copy < copies; copy += 1) {
        this.world.clock.after(5 + rng.unit() * jitterMs, () =>
          this.#ends.get(to[0] ?? 0)?.({ source: peer(id), payload: bytes }),
        );
      }
      return ok(undefined);
    };
    const handle = (_: number, receive: (message: MeshMessage) => void): void => {
      this.#ends.set(id, receive);
    };
    return { send, handle, ...ONE_WAY } as unknown as Mesh;
  }

  run(ms: number): void {
    this.world.runSync(this.world.clock.now() + ms);
  }
}

function peer(id: number): Uint8Array {
  return new Uint8Array(32).fill(id);
}

interface End {
  readonly delivery: Delivery;
  readonly got: number[];
  readonly delivered: number[];
  readonly expired: number[];
}

function open(net: Net, id: number, bootEpoch = 1): End {
  const [got, delivered, expired]: number[][] = [[], [], []];
  const delivery = createDelivery({
    mesh: net.mesh(id),
    clock: net.world.clock,
    bootEpoch,
    protocol: PROTOCOL,
    receive: (_, payload) => got?.push(new DataView(payload.slice().buffer).getUint32(0)),
    delivered: (_, message) => delivered?.push(message),
    expired: (_, message) => expired?.push(message),
  });
  return { delivery, got: got ?? [], delivered: delivered ?? [], expired: expired ?? [] };
}

function message(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

describe('reliable messages', () => {
  test('arrive once and in order, whatever is lost, repeated or late', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 1_000_000 }),
        fc.double({ min: 0, max: 0.6, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat({ max: 300 }),
        (seed, loss, twice, jitterMs) => {
          const net = new Net(seed);
          net.weather = { loss, twice, jitterMs };
          const [a, b] = [open(net, 1), open(net, 2)];
          let value = 0;
          for (let round = 0; value < 200 && round < 4_000; round += 1) {
            if (a.delivery.send(peer(2), message(value)).ok) value += 1;
            net.run(20);
          }
          // What has expired is noticed when it would be sent again.
          net.run(EXPIRE_MS + RESEND_MS_MAX);
          expect(b.got).toEqual(b.got.toSorted((x, y) => x - y));
          expect(new Set(b.got).size).toBe(b.got.length);
          // An id is told of once, and what was acknowledged has come.
          expect(new Set([...a.delivered, ...a.expired]).size).toBe(value);
          expect(a.delivered.length + a.expired.length).toBe(value);
          const came = new Set(b.got);
          for (const id of a.delivered) expect(came.has(id - 1)).toBe(true);
          if (loss < 0.4) expect([value, a.delivered.length]).toEqual([200, 200]);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('cost one frame each and few acknowledgements where nothing is lost', () => {
    const net = new Net(1);
    const [a, b] = [open(net, 1), open(net, 2)];
    for (let value = 0; value < 40; value += 1) a.delivery.send(peer(2), message(value));
    net.run(1_000);
    expect(b.got).toHaveLength(40);
    expect(net.sent).toBeLessThan(40 + 10);
  });

  test('go on after an outage longer than any repeat', () => {
    const net = new Net(2);
    const [a, b] = [open(net, 1), open(net, 2)];
    net.weather = { loss: 1, twice: 0, jitterMs: 0 };
    for (let value = 0; value < 10; value += 1) a.delivery.send(peer(2), message(value));
    net.run(30_000);
    expect(b.got).toEqual([]);
    net.weather = { loss: 0, twice: 0, jitterMs: 0 };
    net.run(10_000);
    expect(b.got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(a.delivered).toHaveLength(10);
  });

  test('that expired are told, and do not hold up later ones', () => {
    const net = new Net(3);
    const [a, b] = [open(net, 1), open(net, 2)];
    a.delivery.send(peer(2), message(1));
    net.run(1_000);
    net.weather = { loss: 1, twice: 0, jitterMs: 0 };
    a.delivery.send(peer(2), message(2));
    net.run(EXPIRE_MS + 5_000);
    expect(a.expired).toEqual([2]);
    net.weather = { loss: 0, twice: 0, jitterMs: 0 };
    a.delivery.send(peer(2), message(3));
    net.run(1_000);
    expect(b.got).toEqual([1, 3]);
  });

  test('of a sender that started again are new, and late ones of before are not', () => {
    const net = new Net(4);
    const b = open(net, 2);
    const first = open(net, 1, 1);
    net.weather = { loss: 0, twice: 0, jitterMs: 0 };
    first.delivery.send(peer(2), message(1));
    net.run(1_000);
    const second = open(net, 1, 2);
    second.delivery.send(peer(2), message(2));
    net.run(1_000);
    first.delivery.send(peer(2), message(3));
    net.run(5_000);
    expect(b.got).toEqual([1, 2]);
    expect(second.delivered).toHaveLength(1);
  });

  test('go on where the receiver started again: what was acknowledged does not come twice', () => {
    const net = new Net(5);
    const a = open(net, 1);
    const before = open(net, 2, 1);
    for (let value = 0; value < 5; value += 1) a.delivery.send(peer(2), message(value));
    net.run(1_000);
    const after = open(net, 2, 2);
    for (let value = 5; value < 10; value += 1) a.delivery.send(peer(2), message(value));
    net.run(1_000);
    expect(before.got).toEqual([0, 1, 2, 3, 4]);
    expect(after.got).toEqual([5, 6, 7, 8, 9]);
  });

  test('that were acknowledged have been handed over, however often the receiver dies', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 1_000_000 }),
        fc.double({ min: 0.05, max: 0.5, noNaN: true }),
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }),
        (seed, loss, lives) => {
          const net = new Net(seed);
          net.weather = { loss, twice: 0.1, jitterMs: 60 };
          const a = open(net, 1);
          const receivers = [open(net, 2)];
          let value = 0;
          for (const rounds of [...lives, 60]) {
            for (let round = 0; round < rounds; round += 1) {
              if (a.delivery.send(peer(2), message(value)).ok) value += 1;
              net.run(15);
            }
            receivers.at(-1)?.delivery.stop();
            receivers.push(open(net, 2, receivers.length + 1));
          }
          net.run(EXPIRE_MS + 2 * RESEND_MS_MAX);
          const got = new Set(receivers.flatMap((receiver) => receiver.got));
          // Ids count from 1, values from 0.
          expect(a.delivered.filter((id) => !got.has(id - 1))).toEqual([]);
          expect(a.delivered.length + a.expired.length).toBe(value);
          for (const { got: once } of receivers) expect(new Set(once).size).toBe(once.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('that came after one that was given up are handed over without another word', () => {
    const net = new Net(1);
    const [a, b] = [open(net, 1), open(net, 2)];
    net.weather = { loss: 1, twice: 0, jitterMs: 0 };
    a.delivery.send(peer(2), message(0));
    net.run(EXPIRE_MS - 100);
    net.weather = { loss: 0, twice: 0, jitterMs: 0 };
    a.delivery.send(peer(2), message(1));
    net.run(50);
    net.weather = { loss: 1, twice: 0, jitterMs: 0 };
    net.run(RESEND_MS_MAX);
    net.weather = { loss: 0, twice: 0, jitterMs: 0 };
    net.run(EXPIRE_MS);
    expect(a.expired).toEqual([1]);
    expect(a.delivered).toEqual([2]);
    expect(b.got).toEqual([1]);
  });

  test('are refused where too many wait', () => {
    const net = new Net(6);
    const a = open(net, 1);
    for (let value = 0; value < WINDOW_MESSAGES; value += 1) {
      expect(a.delivery.send(peer(2), message(value)).ok).toBe(true);
    }
    expect(a.delivery.send(peer(2), message(99))).toMatchObject({
      ok: false,
      error: { code: 'MESH_DELIVERY_FULL' },
    });
    a.delivery.stop();
    expect(a.delivery.send(peer(2), message(1)).ok).toBe(false);
  });
});

test('what is no frame of theirs is not read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const frame = decodeDeliveryFrame(bytes);
      if (frame === null) return;
      expect(frame.kind === 'ack' ? bytes.length : bytes.length >= 17).toBeTruthy();
      if (frame.kind === 'message') expect(frame.base).toBeLessThanOrEqual(frame.sequence);
    }),
  );
});
