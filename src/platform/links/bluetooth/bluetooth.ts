// Links over Bluetooth Low Energy, given a radio: messages cut to what its values carry, and on them the same handshake and
// the same records as over WebSockets.

import type { Dialer, Listen } from '../../../env/link.ts';
import { dialBluetooth } from './bluetooth-dialer.ts';
import { listenBluetooth } from './bluetooth-listener.ts';
import { overInTime } from '../stop-timeout.ts';
import {
  createBluetoothNode,
  type BluetoothNode,
  type BluetoothOptions,
} from './bluetooth-node.ts';

export interface Bluetooth {
  readonly dialer: Dialer;
  readonly listen: Listen;
  /** Ends every listener, pending dial and link that came from here, and the radio's work for this process. */
  close(): Promise<void>;
}

/** A radio may be gone, or have faults: neither keeps a node from ending. */
function endInTime({ clock, bounds, logger }: BluetoothNode, end: () => unknown): Promise<void> {
  const over = (async (): Promise<void> => {
    try {
      await end();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      logger.warn('radio-close-failed', { detail });
    }
  })();
  return overInTime(over, clock, bounds.stopTimeoutMs);
}

export function createBluetooth(options: BluetoothOptions): Bluetooth {
  const node = createBluetoothNode(options);
  return {
    dialer: { dial: (address, remoteKey) => dialBluetooth(node, address, remoteKey) },
    listen: (address, accept) => listenBluetooth(node, address, accept),
    async close() {
      await Promise.all([...node.closers].map((close) => endInTime(node, close)));
      await endInTime(node, () => node.radio.close());
    },
  };
}
