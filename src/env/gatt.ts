// Bluetooth Low Energy as links need it: one characteristic that the dialer writes and the listener notifies, as a pipe
// of small values both ways. A radio adapter implements it, and `src/sim/gatt.ts`.

/** Events of one pipe. They never fire synchronously inside a call to the pipe. */
export interface GattHandlers {
  /** One value, at most the other end's MTU less 3 bytes. The bytes belong to the receiver. */
  value(bytes: Uint8Array): void;
  /** Exactly once; nothing follows. */
  closed(detail: string): void;
}

export interface GattPipe {
  /** The other device's address, for people. */
  readonly remoteAddress: string;
  /** ATT MTU as it is now, 23 to 517 bytes; it may change between two values. A value carries 3 bytes less. */
  readonly mtuBytes: number;
  /** Whoever is attached last hears what comes from then on. */
  attach(handlers: GattHandlers): void;
  /**
   * Hands one value to the stack: a write without response, or a notification. `taken` is called once the stack has room
   * for the next one, never synchronously, and not after the pipe's end; until then, no other value may be written.
   */
  write(value: Uint8Array, taken: () => void): void;
  /** Disconnects at once. `closed` follows. */
  close(): void;
}

/** An advertised service. */
export interface GattAdvertising {
  /** The address under which others dial it. */
  readonly address: string;
  /** No new pipes; those that there are stay. */
  close(): Promise<void>;
}

export interface GattRadio {
  /** Connects to the device at `address` and subscribes. Rejects with an `Error` that says why not. */
  connect(address: string): Promise<GattPipe>;
  /**
   * Advertises the service from the adapter at `address`. Rejects with an `Error`, whose `code` is `EADDRINUSE` if the
   * adapter advertises already.
   */
  advertise(address: string, accept: (pipe: GattPipe) => void): Promise<GattAdvertising>;
  /** Switches the adapter off for this process. */
  close(): Promise<void>;
}
