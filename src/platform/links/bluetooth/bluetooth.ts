// Links over Bluetooth Low Energy, given a radio: messages cut to what its values carry, and on them the same handshake and
// the same records as over WebSockets.

import type { Dialer, Listen } from '../../../env/link.ts';
import { dialBluetooth } from './bluetooth-dialer.ts';
import { listenBluetooth } from './bluetooth-listener.ts';
import { createBluetoothNode, type BluetoothOptions } from './bluetooth-node.ts';

export interface Bluetooth {
  readonly dialer: Dialer;
  readonly listen: Listen;
  /** Ends every listener, pending dial and link that came from here, and the radio's work for this process. */
  close(): Promise<void>;
}

export function createBluetooth(options: BluetoothOptions): Bluetooth {
  const node = createBluetoothNode(options);
  return {
    dialer: { dial: (address, remoteKey) => dialBluetooth(node, address, remoteKey) },
    listen: (address, accept) => listenBluetooth(node, address, accept),
    async close() {
      try {
        await Promise.all([...node.closers].map(async (close) => close()));
      } finally {
        await node.radio.close();
      }
    },
  };
}
