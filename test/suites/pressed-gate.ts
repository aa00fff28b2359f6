// A gate under load, as far as it can tell.

import type { NodeGate } from '../../src/gateway/admission/gate.ts';
import { ADMISSION_LIMITS } from '../../src/gateway/admission/limits.ts';

/** Strangers at a tenth of its places, and late timers: it asks for work from now on, and for some seconds. */
export function press(gate: NodeGate): void {
  const visits = Array.from({ length: ADMISSION_LIMITS.halfOpenMax / 8 }, (_, i) =>
    gate.arrive({
      address: `198.18.${i}.1`,
      transport: 'test',
      receivedBytes: () => 0,
      end: () => undefined,
    }),
  );
  gate.observeDelay(10_000);
  for (const visit of visits) if (typeof visit === 'object') visit.leave();
}
