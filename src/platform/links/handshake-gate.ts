// How many connections may be between TCP's handshake and a proved identity: in all, and from one address, so that
// one machine cannot take every place.

export interface HandshakeGate {
  /** Takes a place for `address`; `false`: there is none, drop the connection. */
  enter(address: string): boolean;
  /** Gives one place of `address` back. */
  leave(address: string): void;
}

export function createHandshakeGate(halfOpenMax: number, perAddressMax: number): HandshakeGate {
  const byAddress = new Map<string, number>();
  let total = 0;
  return {
    enter(address) {
      const here = byAddress.get(address) ?? 0;
      if (total >= halfOpenMax || here >= perAddressMax) return false;
      byAddress.set(address, here + 1);
      total += 1;
      return true;
    },
    leave(address) {
      const here = byAddress.get(address) ?? 0;
      if (here === 0) return;
      total -= 1;
      if (here === 1) byAddress.delete(address);
      else byAddress.set(address, here - 1);
    },
  };
}
