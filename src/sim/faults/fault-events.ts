// How a fault of one node or link begins and ends, as events.

import type { FaultEvent, FaultStep } from './fault.ts';

/** A step that breaks something. */
export type BreakingStep = Exclude<FaultStep, { readonly kind: 'heal' }>;

/** `end` ends it at a given time. */
export function faultEvents(
  step: BreakingStep,
  target: string,
): { readonly event: FaultEvent; readonly end: (atMs: number) => FaultEvent } {
  const { atMs } = step;
  switch (step.kind) {
    case 'kill':
      return {
        event: { atMs, kind: 'kill', node: target },
        end: (endMs) => ({ atMs: endMs, kind: 'restart', node: target }),
      };
    case 'pause':
      return {
        event: { atMs, kind: 'pause', node: target },
        end: (endMs) => ({ atMs: endMs, kind: 'resume', node: target }),
      };
    case 'skew':
      return {
        event: { atMs, kind: 'skew', node: target, byMs: step.byMs },
        end: (endMs) => ({ atMs: endMs, kind: 'skew', node: target, byMs: 0 }),
      };
    case 'cut':
      return {
        event: { atMs, kind: 'cut', link: target },
        end: (endMs) => ({ atMs: endMs, kind: 'mend', link: target }),
      };
    case 'slow':
      return {
        event: { atMs, kind: 'slow', link: target, byMs: step.byMs },
        end: (endMs) => ({ atMs: endMs, kind: 'slow', link: target, byMs: 0 }),
      };
    case 'lose':
      return {
        event: { atMs, kind: 'lose', link: target, share: step.share },
        end: (endMs) => ({ atMs: endMs, kind: 'lose', link: target, share: 0 }),
      };
  }
}
