// What dialling and listening over Bluetooth share: bounds, the handshake, the making of links. Links are the same as over
// WebSockets: a Noise handshake that proves both identities, then sealed records.

import { utf8 } from '../../../core/bytes.ts';
import { fail, ok, type Result } from '../../../core/errors.ts';
import {
  createIdentityHandshake,
  type IdentityHandshake,
  type ProvedPeer,
} from '../../../crypto/noise-identity.ts';
import type { Identity } from '../../../crypto/signing.ts';
import type { AdmissionGate } from '../../../env/admission.ts';
import type { Clock } from '../../../env/clock.ts';
import type { GattRadio } from '../../../env/gatt.ts';
import type { LinkClose } from '../../../env/link.ts';
import type { Logger } from '../../../env/logger.ts';
import type { Primitives } from '../../../env/primitives.ts';
import type { Rng } from '../../../env/rng.ts';
import { createHandshakeGate } from '../handshake-gate.ts';
import { overInTime, STOP_TIMEOUT_MS } from '../stop-timeout.ts';
import type { MessagePipe } from '../websocket/message-pipe.ts';
import { RecordLink } from '../websocket/record-link.ts';

/** The bounds of one node's Bluetooth links, which carry some 10 to 100 KB/s. */
export interface BluetoothBounds {
  /** Largest frame, both ways. */
  readonly frameBytesMax: number;
  /** Waiting to be sent on one link; `send` then answers `full`. A second or more of what the radio carries. */
  readonly queueBytesMax: number;
  /** From `dial` to a proved identity; connecting alone may take seconds. */
  readonly dialTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly stallTimeoutMs: number;
  /** What waits is still sent, and it takes its time. */
  readonly closeTimeoutMs: number;
  /** An orderly close that is under way when the node stops ends within this time. */
  readonly stopTimeoutMs: number;
  readonly halfOpenMax: number;
  readonly halfOpenPerAddressMax: number;
  /** Adapters hold a handful of connections. */
  readonly acceptedLinksMax: number;
}

export const BLUETOOTH_BOUNDS: BluetoothBounds = {
  frameBytesMax: 64 * 1024,
  queueBytesMax: 64 * 1024,
  dialTimeoutMs: 15_000,
  handshakeTimeoutMs: 10_000,
  stallTimeoutMs: 30_000,
  closeTimeoutMs: 15_000,
  stopTimeoutMs: STOP_TIMEOUT_MS,
  halfOpenMax: 4,
  halfOpenPerAddressMax: 1,
  acceptedLinksMax: 16,
};

export interface BluetoothOptions {
  readonly primitives: Primitives;
  readonly identity: Identity;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly radio: GattRadio;
  /** Who may come in, at a listener; default: whoever finds a place within the bounds. */
  readonly gate?: AdmissionGate;
  /** Overrides of `BLUETOOTH_BOUNDS`. */
  readonly bounds?: Partial<BluetoothBounds>;
}

export interface BluetoothEnds {
  readonly pipe: MessagePipe;
  readonly role: 'dialer' | 'listener';
  readonly peer: ProvedPeer;
  readonly remoteAddress: string;
}

export interface BluetoothNode {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly radio: GattRadio;
  readonly gate: AdmissionGate;
  readonly bounds: BluetoothBounds;
  /** Each is called by `close`, which waits for all. */
  readonly closers: Set<() => void | Promise<void>>;
  handshake(role: 'initiator' | 'responder', expected: Uint8Array | null): IdentityHandshake;
  linkOf(ends: BluetoothEnds, onOver: (reason: LinkClose) => void): RecordLink;
}

/** The handshake begins with it: another version of this transport fails there. */
const PROLOGUE = utf8('bitcraps/bluetooth/1');
/** What a device is called differs between systems: six bytes, a UUID, an adapter's name. */
const ADDRESS = /^ble:[A-Za-z0-9][A-Za-z0-9:._-]{0,63}$/;

/** `ble:` and the device's address as the radio writes it. */
export function parseBluetoothAddress(text: string): Result<string, 'LINK_ADDRESS_INVALID'> {
  return ADDRESS.test(text) ? ok(text) : fail('LINK_ADDRESS_INVALID', { address: text });
}

export function createBluetoothNode(options: BluetoothOptions): BluetoothNode {
  const { primitives, identity, clock, rng, logger, radio } = options;
  const bounds = { ...BLUETOOTH_BOUNDS, ...options.bounds };
  const closers = new Set<() => void | Promise<void>>();
  return {
    clock,
    logger,
    radio,
    gate: options.gate ?? createHandshakeGate(bounds),
    bounds,
    closers,
    handshake: (role, expected) =>
      createIdentityHandshake({ primitives, rng, identity, role, prologue: PROLOGUE, expected }),
    linkOf({ pipe, role, peer, remoteAddress }, onOver) {
      const over = Promise.withResolvers<void>();
      const link = new RecordLink({
        pipe,
        role,
        peer,
        remoteAddress,
        transport: 'bluetooth',
        ...bounds,
        primitives,
        clock,
        logger,
        onOver: (reason) => {
          closers.delete(close);
          over.resolve();
          onOver(reason);
        },
      });
      const close = (): Promise<void> => {
        link.stop();
        return overInTime(over.promise, clock, bounds.stopTimeoutMs);
      };
      closers.add(close);
      return link;
    },
  };
}
