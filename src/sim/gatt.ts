// Simulated Bluetooth Low Energy: radios in range of each other, connections that carry a few small values in each
// connection interval, an MTU that is small at first and then agreed on. Nothing is lost, everything is slow.

import { assert } from '../core/assert.ts';
import type { GattAdvertising, GattHandlers, GattPipe, GattRadio } from '../env/gatt.ts';
import type { World } from './world.ts';

const MTU_BYTES_MIN = 23;
const ATT_BYTES = 3;

export interface GattProfile {
  /** Core Specification: 7.5 to 4 000 ms. */
  readonly connectionIntervalMs: number;
  /** Values that one end gets through in one interval. */
  readonly valuesPerInterval: number;
  /** ATT MTU once agreed on, 23 to 517 bytes. */
  readonly mtuBytes: number;
  /** How long after connecting the MTU stays at 23. */
  readonly mtuAgreedMs: number;
  /** From the request to a connection. */
  readonly connectMs: number;
}

/** A phone and a laptop near each other. */
export const GATT_PROFILE: GattProfile = {
  connectionIntervalMs: 15,
  valuesPerInterval: 6,
  mtuBytes: 185,
  mtuAgreedMs: 300,
  connectMs: 120,
};

export interface SimGatt {
  /** The radio of the device `name`; its address is `ble:name`. */
  radio(name: string): GattRadio;
  /** Values carried so far, for tests. */
  readonly values: number;
}

interface Device {
  readonly address: string;
  accept: ((pipe: GattPipe) => void) | null;
}

export function createSimGatt(world: World, profile: GattProfile = GATT_PROFILE): SimGatt {
  const devices = new Map<string, Device>();
  let values = 0;
  const carried = (): void => {
    values += 1;
  };

  function connect(from: string, to: string): Promise<GattPipe> {
    return new Promise((resolve, reject) => {
      world.clock.after(profile.connectMs, () => {
        const { accept } = devices.get(to) ?? { accept: null };
        if (accept === null) reject(new Error('no device advertises there'));
        else {
          const [near, far] = [
            new SimPipe(world, profile, to, carried),
            new SimPipe(world, profile, from, carried),
          ];
          near.join(far);
          far.join(near);
          accept(far);
          resolve(near);
        }
        world.settled();
      });
    });
  }

  async function advertise(
    device: Device,
    accept: (pipe: GattPipe) => void,
  ): Promise<GattAdvertising> {
    if (device.accept !== null) {
      throw Object.assign(new Error('it advertises already'), { code: 'EADDRINUSE' });
    }
    device.accept = accept;
    return {
      address: device.address,
      async close() {
        if (device.accept === accept) device.accept = null;
      },
    };
  }

  return {
    get values() {
      return values;
    },
    radio(name) {
      const address = `ble:${name}`;
      assert(!devices.has(address), 'one radio for a name');
      const device: Device = { address, accept: null };
      devices.set(address, device);
      return {
        connect: (to) => connect(address, to),
        advertise: (_at, accept) => advertise(device, accept),
        async close() {
          device.accept = null;
        },
      };
    },
  };
}

/** One end of a connection. */
class SimPipe implements GattPipe {
  readonly remoteAddress: string;
  mtuBytes = MTU_BYTES_MIN;
  readonly #world: World;
  readonly #profile: GattProfile;
  readonly #carried: () => void;
  #peer: SimPipe | null = null;
  #handlers: GattHandlers | null = null;
  /** What came before anybody listened. */
  #early: Uint8Array[] = [];
  /** When the stack may take the next value. */
  #freeAtMs = 0;
  #over = false;

  constructor(world: World, profile: GattProfile, remoteAddress: string, carried: () => void) {
    this.#world = world;
    this.#profile = profile;
    this.#carried = carried;
    this.remoteAddress = remoteAddress;
    world.clock.after(profile.mtuAgreedMs, () => {
      this.mtuBytes = profile.mtuBytes;
    });
  }

  join(peer: SimPipe): void {
    this.#peer = peer;
  }

  attach(handlers: GattHandlers): void {
    this.#handlers = handlers;
    if (this.#early.length > 0) this.#world.clock.after(0, () => this.#hearEarly());
  }

  write(value: Uint8Array, taken: () => void): void {
    assert(value.length <= this.mtuBytes - ATT_BYTES, 'a value fits the MTU');
    if (this.#over) return;
    const { connectionIntervalMs, valuesPerInterval } = this.#profile;
    const { clock } = this.#world;
    const copy = value.slice();
    const now = clock.now();
    assert(now >= this.#freeAtMs, 'one value at a time');
    this.#freeAtMs = now + connectionIntervalMs / valuesPerInterval;
    clock.after(this.#freeAtMs - now, () => {
      if (this.#over) return;
      taken();
      this.#world.settled();
    });
    clock.after(connectionIntervalMs, () => this.#peer?.hear(copy));
  }

  close(): void {
    if (this.#over) return;
    // What was written before is heard before.
    const { connectionIntervalMs } = this.#profile;
    this.#world.clock.after(connectionIntervalMs, () =>
      this.#peer?.end('the other device disconnected'),
    );
    this.#world.clock.after(0, () => this.end('disconnected'));
  }

  #hearEarly(): void {
    const early = this.#early;
    this.#early = [];
    for (const value of early) this.hear(value);
  }

  hear(value: Uint8Array): void {
    if (this.#over) return;
    if (this.#handlers === null || this.#early.length > 0) {
      this.#early.push(value);
      return;
    }
    this.#carried();
    this.#handlers.value(value);
    this.#world.settled();
  }

  end(detail: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#handlers?.closed(detail);
    this.#world.settled();
  }
}
