// The gate of a listener that was given none: it counts connections between TCP's handshake and a proved identity, in
// all and from one address, so that one machine cannot take every place, and links in all.

import type { AdmissionGate, RefusalReason, Visit } from '../../env/admission.ts';

export interface HandshakeBounds {
  readonly halfOpenMax: number;
  readonly halfOpenPerAddressMax: number;
  readonly acceptedLinksMax: number;
}

export function createHandshakeGate(bounds: HandshakeBounds): AdmissionGate {
  const { halfOpenMax, halfOpenPerAddressMax, acceptedLinksMax } = bounds;
  const byAddress = new Map<string, number>();
  let halfOpen = 0;
  let links = 0;

  function refusal(here: number): RefusalReason | null {
    if (links + halfOpen >= acceptedLinksMax) return 'links-of-all';
    if (halfOpen >= halfOpenMax) return 'half-open-of-all';
    return here >= halfOpenPerAddressMax ? 'half-open-of-address' : null;
  }

  function close(address: string): void {
    const here = byAddress.get(address) ?? 0;
    halfOpen -= 1;
    if (here <= 1) byAddress.delete(address);
    else byAddress.set(address, here - 1);
  }

  function visitFrom(address: string): Visit {
    let stage: 'half-open' | 'link' | 'gone' = 'half-open';
    const leave = (): void => {
      if (stage === 'half-open') close(address);
      else if (stage === 'link') links -= 1;
      stage = 'gone';
    };
    return {
      looks: false,
      begin: () => ({ kind: 'admitted' }),
      prove() {
        if (stage !== 'half-open') return 'half-open-evicted';
        close(address);
        links += 1;
        stage = 'link';
        return null;
      },
      holds: () => undefined,
      fail: leave,
      leave,
    };
  }

  return {
    challengeFor: () => null,
    arrive({ address }) {
      const here = byAddress.get(address) ?? 0;
      const reason = refusal(here);
      if (reason !== null) return reason;
      byAddress.set(address, here + 1);
      halfOpen += 1;
      return visitFrom(address);
    },
  };
}
