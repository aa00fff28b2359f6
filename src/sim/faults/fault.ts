// What can be broken on purpose, as data: steps as people write them, and the events that a seed makes of them. Simulated
// meshes and real processes are broken by the same events.

import type { Amount } from '../mesh-run/run-options.ts';

/** What a step breaks: so many, so large a part, or these by name. */
export type FaultTargets = Amount | { readonly kind: 'named'; readonly names: readonly string[] };

interface Step {
  /** From the start of the run. */
  readonly atMs: number;
  readonly targets: FaultTargets;
  /** How long it lasts; `null`: until the next `heal`, or the end of the run. */
  readonly forMs: number | null;
  /** The step as it was written. */
  readonly text: string;
}

export type FaultStep =
  /** The process ends without a word, and starts again when the fault ends. */
  | (Step & { readonly kind: 'kill' })
  /** The process stands still. */
  | (Step & { readonly kind: 'pause'; readonly forMs: number })
  /** Nothing passes, and nobody is told. */
  | (Step & { readonly kind: 'cut' })
  /** Each direction takes so much longer. */
  | (Step & { readonly kind: 'slow'; readonly byMs: number })
  /** Such a share (0–1) of what is sent is lost, and sent again by the transport where that does so. */
  | (Step & { readonly kind: 'lose'; readonly share: number })
  /** The wall clock of the process is wrong by so much, before the true time where negative. */
  | (Step & { readonly kind: 'skew'; readonly byMs: number })
  /** Ends every fault. */
  | { readonly kind: 'heal'; readonly atMs: number; readonly text: string };

/** Steps in order of time, or faults that the seed draws, so many per second on average. */
export type FaultScript =
  | { readonly kind: 'steps'; readonly steps: readonly FaultStep[] }
  | { readonly kind: 'random'; readonly perSecond: number };

/** One thing that happens to one node or link. A link is named by its ends, as `a/b`. */
export type FaultEvent =
  | {
      readonly atMs: number;
      readonly kind: 'kill' | 'restart' | 'pause' | 'resume';
      readonly node: string;
    }
  /** The clock is wrong by so much from now on; 0: right again. */
  | {
      readonly atMs: number;
      readonly kind: 'skew';
      readonly node: string;
      readonly byMs: number;
    }
  | { readonly atMs: number; readonly kind: 'cut' | 'mend'; readonly link: string }
  /** 0: as before. */
  | {
      readonly atMs: number;
      readonly kind: 'slow';
      readonly link: string;
      readonly byMs: number;
    }
  | {
      readonly atMs: number;
      readonly kind: 'lose';
      readonly link: string;
      readonly share: number;
    };

/** Whether the event ends a fault. */
export function endsFault(event: FaultEvent): boolean {
  switch (event.kind) {
    case 'restart':
    case 'resume':
    case 'mend':
      return true;
    case 'slow':
    case 'skew':
      return event.byMs === 0;
    case 'lose':
      return event.share === 0;
    case 'kill':
    case 'pause':
    case 'cut':
      return false;
  }
}

/** For people: `12.0 s  kill   b-relay-2`. */
export function faultText(event: FaultEvent): string {
  const at = `${(event.atMs / 1000).toFixed(1)} s`.padStart(8);
  const target = 'node' in event ? event.node : event.link;
  return `${at}  ${event.kind.padEnd(8)}${target}${amountText(event)}`;
}

function amountText(event: FaultEvent): string {
  switch (event.kind) {
    case 'slow':
      return event.byMs === 0 ? ' no more' : ` by ${event.byMs} ms`;
    case 'skew':
      return event.byMs === 0 ? ' no more' : ` by ${event.byMs / 1000} s`;
    case 'lose':
      return event.share === 0 ? ' no more' : ` ${Number((100 * event.share).toFixed(1))} %`;
    default:
      return '';
  }
}
