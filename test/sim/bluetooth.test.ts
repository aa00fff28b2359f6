// Bluetooth links on simulated radios: the suite of every transport, at the smallest MTU and at a common one.

import { describe, expect, test } from 'vitest';
import { identityFromSeed } from '../../src/crypto/signing.ts';
import type { GattPipe, GattRadio } from '../../src/env/gatt.ts';
import type { Link } from '../../src/env/link.ts';
import type { Logger } from '../../src/env/logger.ts';
import { createBluetooth, type Bluetooth } from '../../src/platform/links/bluetooth/bluetooth.ts';
import type { BluetoothBounds } from '../../src/platform/links/bluetooth/bluetooth-node.ts';
import { loadRadio } from '../../src/platform/links/bluetooth/load-radio.ts';
import { primitives } from '../../src/platform/node/primitives.ts';
import { createSimGatt, GATT_PROFILE, type GattProfile, type SimGatt } from '../../src/sim/gatt.ts';
import { createWorld, type World } from '../../src/sim/world.ts';
import { describeLink, type LinkArena } from '../suites/link.suite.ts';

const LIMIT_MS = 3_600_000;
const BOUNDS = { frameBytesMax: 64 * 1024, queueBytesMax: 256 * 1024 };
/** The suite closes with some 200 KB under way, which is a minute of the smallest values. */
const PATIENT = { ...BOUNDS, closeTimeoutMs: 600_000 };

const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
};

interface DeviceOptions extends Partial<BluetoothBounds> {
  readonly radio?: GattRadio;
}

function device(
  world: World,
  gatt: SimGatt,
  name: string,
  { radio = gatt.radio(name), ...bounds }: DeviceOptions = {},
): LinkArena['nodes'][0] & { readonly all: Bluetooth } {
  const identity = identityFromSeed(primitives, primitives.sha256(new TextEncoder().encode(name)));
  const all = createBluetooth({
    primitives,
    identity,
    clock: world.clock,
    rng: world.rng(name),
    logger: silent,
    radio,
    bounds: { ...PATIENT, ...bounds },
  });
  const { dialer, listen } = all;
  return {
    publicKey: identity.publicKey,
    dialer,
    listen,
    listenAddress: `ble:${name}`,
    stop: () => all.close(),
    all,
  };
}

async function settleIn<T>(world: World, work: Promise<T>): Promise<T> {
  let over = false;
  const end = (): void => {
    over = true;
  };
  work.then(end, end);
  await world.runUntil(() => over, world.clock.now() + LIMIT_MS);
  return work;
}

function arenaWith(profile: GattProfile): () => Promise<LinkArena> {
  return async () => {
    const world = createWorld({ seed: 7, primitives });
    const gatt = createSimGatt(world, profile);
    const nodes = [
      device(world, gatt, 'a'),
      device(world, gatt, 'b'),
      device(world, gatt, 'c'),
    ] as const;
    return {
      nodes,
      ...BOUNDS,
      settle: (work) => settleIn(world, work),
      deadAddress: 'ble:nobody',
      invalidAddresses: ['', 'ble:', '192.0.2.1:80', 'ble: a', 'ble:/x', `ble:${'a'.repeat(65)}`],
      close: async () => undefined,
    };
  };
}

describeLink('Bluetooth link of a phone', arenaWith(GATT_PROFILE));
describeLink(
  'Bluetooth link at an MTU of 23',
  arenaWith({ ...GATT_PROFILE, mtuBytes: 23, connectionIntervalMs: 7.5 }),
);

/** A radio that tells nothing of its pipes or its own end any more once it is unplugged, and fails to end advertising. */
class UnpluggedRadio implements GattRadio {
  unplugged = false;
  closed = false;
  readonly #radio: GattRadio;

  constructor(radio: GattRadio) {
    this.#radio = radio;
  }

  async connect(to: string): Promise<GattPipe> {
    const pipe = await this.#radio.connect(to);
    return {
      remoteAddress: pipe.remoteAddress,
      mtuBytes: pipe.mtuBytes,
      attach: (handlers) => pipe.attach(handlers),
      write: (value, taken) => (this.unplugged ? undefined : pipe.write(value, taken)),
      close: () => (this.unplugged ? undefined : pipe.close()),
    };
  }

  readonly advertise: GattRadio['advertise'] = async (address, accept) => {
    const advertising = await this.#radio.advertise(address, accept);
    return {
      ...advertising,
      close: () => (this.unplugged ? Promise.reject(new Error('no adapter')) : advertising.close()),
    };
  };

  close(): Promise<void> {
    this.closed = true;
    return this.unplugged ? new Promise(() => {}) : this.#radio.close();
  }
}

describe('over Bluetooth', () => {
  test.each(['open', 'closing'] as const)(
    'a node stops although its radio was unplugged and tells of no end, with a link that is %s',
    async (state) => {
      const stopTimeoutMs = 5000;
      const world = createWorld({ seed: 1, primitives });
      const gatt = createSimGatt(world, GATT_PROFILE);
      const radio = new UnpluggedRadio(gatt.radio('a'));
      const a = device(world, gatt, 'a', { radio, stopTimeoutMs });
      const b = device(world, gatt, 'b');
      for (const node of [a, b]) {
        await settleIn(
          world,
          node.listen(node.listenAddress, () => undefined),
        );
      }
      const out = await settleIn(world, a.dialer.dial('ble:b', b.publicKey));
      radio.unplugged = true;
      if (state === 'closing') out.close();
      let stopped = false;
      void a.all.close().then(() => (stopped = true));
      const beganMs = world.clock.now();
      await world.run(beganMs + stopTimeoutMs);
      expect(radio.closed).toBe(false);
      await world.run(beganMs + stopTimeoutMs + 1000);
      expect(radio.closed).toBe(true);
      await world.run(beganMs + 2 * stopTimeoutMs + 1000);
      expect(stopped).toBe(true);
    },
  );

  test('frames pass a change of the MTU, and fewer values carry more after it', async () => {
    const world = createWorld({ seed: 1, primitives });
    const gatt = createSimGatt(world, { ...GATT_PROFILE, mtuAgreedMs: 2000 });
    const [a, b] = [device(world, gatt, 'a'), device(world, gatt, 'b')];
    const accepted = Promise.withResolvers<Link>();
    await settleIn(world, b.listen('ble:b', accepted.resolve));
    const out = await settleIn(world, a.dialer.dial('ble:b', b.publicKey));
    const inn = await settleIn(world, accepted.promise);
    const frames: number[] = [];
    inn.attach({
      frame: (bytes) => frames.push(bytes.length),
      drain: () => undefined,
      close: () => undefined,
    });
    const valuesFor = async (): Promise<number> => {
      const before = gatt.values;
      const count = frames.length + 1;
      out.send(new Uint8Array(1000));
      await world.runUntil(() => frames.length === count, world.clock.now() + LIMIT_MS);
      return gatt.values - before;
    };
    const small = await valuesFor();
    out.send(new Uint8Array(20_000));
    await world.runUntil(() => frames.length === 2, world.clock.now() + LIMIT_MS);
    expect(world.clock.now()).toBeGreaterThan(2000);
    const large = await valuesFor();
    expect(small).toBeGreaterThanOrEqual(Math.ceil(1000 / 18));
    expect(large).toBeLessThanOrEqual(Math.ceil(1030 / 180) + 1);
    expect(frames).toEqual([1000, 20_000, 1000]);
  });

  test.each([23, 185, 517])('a link fills the radio at an MTU of %i', async (mtuBytes) => {
    const world = createWorld({ seed: 1, primitives });
    const profile = { ...GATT_PROFILE, mtuBytes, mtuAgreedMs: 0 };
    const gatt = createSimGatt(world, profile);
    const [a, b] = [device(world, gatt, 'a'), device(world, gatt, 'b')];
    const accepted = Promise.withResolvers<Link>();
    await settleIn(world, b.listen('ble:b', accepted.resolve));
    const out = await settleIn(world, a.dialer.dial('ble:b', b.publicKey));
    const inn = await settleIn(world, accepted.promise);
    let bytes = 0;
    inn.attach({
      frame: (frame) => {
        bytes += frame.length;
      },
      drain: () => undefined,
      close: () => undefined,
    });
    const began = world.clock.now();
    for (let i = 0; i < 100; i += 1) out.send(new Uint8Array(1000));
    await world.runUntil(() => bytes === 100_000, began + LIMIT_MS);
    const perSecond = (1000 * bytes) / (world.clock.now() - began);
    const valueBytes = Math.min(mtuBytes - 3, 512);
    const carried = (1000 * profile.valuesPerInterval * valueBytes) / profile.connectionIntervalMs;
    // The heads of values are a tenth at the smallest MTU; grants go the other way.
    expect(perSecond).toBeGreaterThan(0.85 * carried);
    expect(perSecond).toBeLessThan(carried);
  });

  test('a receiver that does not read holds the sender back, and bounded memory', async () => {
    const world = createWorld({ seed: 1, primitives });
    const gatt = createSimGatt(world);
    const [a, b] = [device(world, gatt, 'a'), device(world, gatt, 'b')];
    await settleIn(
      world,
      b.listen('ble:b', () => undefined),
    );
    const out = await settleIn(world, a.dialer.dial('ble:b', b.publicKey));
    await world.run(world.clock.now() + 1000);
    const before = gatt.values;
    for (let i = 0; i < 20; i += 1) out.send(new Uint8Array(10_000));
    // Less than it takes for a link to count as stalled.
    await world.run(world.clock.now() + 20_000);
    expect(gatt.values - before).toBeLessThanOrEqual(64);
    expect(out.bufferedBytes).toBeGreaterThan(180_000);
  });

  test('another protocol on the same radio is refused, and silence is', async () => {
    const world = createWorld({ seed: 1, primitives });
    const gatt = createSimGatt(world);
    const b = device(world, gatt, 'b');
    await settleIn(
      world,
      b.listen('ble:b', () => expect.unreachable()),
    );
    const stranger = gatt.radio('stranger');
    for (const value of [
      Uint8Array.of(0xff, 0xff, 0xff),
      Uint8Array.of(0x40, 0, 0, 3, 1, 2, 3),
      null,
    ]) {
      const pipe: GattPipe = await settleIn(world, stranger.connect('ble:b'));
      const closed = Promise.withResolvers<string>();
      pipe.attach({ value: () => undefined, closed: closed.resolve });
      if (value !== null) pipe.write(value, () => undefined);
      expect(await settleIn(world, closed.promise)).toBe('the other device disconnected');
    }
  });

  test('a machine without a radio says so', async () => {
    await expect(loadRadio('no-such-radio-package')).rejects.toMatchObject({
      code: 'LINK_RADIO_MISSING',
    });
    await expect(loadRadio('node:path')).rejects.toMatchObject({ code: 'LINK_RADIO_MISSING' });
  });
});
