// The flags of `bitcraps chaos`, and what of a schedule a casino that runs already can take.

import { InvalidArgumentError } from 'commander';
import { BitcrapsError } from '../../core/errors.ts';
import type { FaultEvent, FaultScript } from '../../sim/faults/fault.ts';
import { CHAOS_NODES_MAX, CHAOS_NODES_MIN } from './chaos-plan.ts';

export function nodesOption(text: string): number {
  const nodes = Number(text);
  if (/^\d+$/.test(text) && nodes >= CHAOS_NODES_MIN && nodes <= CHAOS_NODES_MAX) return nodes;
  throw new InvalidArgumentError(
    `It is a whole number from ${CHAOS_NODES_MIN} to ${CHAOS_NODES_MAX}.`,
  );
}

const PROCESS_KINDS: ReadonlySet<FaultEvent['kind']> = new Set([
  'kill',
  'restart',
  'pause',
  'resume',
]);

/** Processes that chaos did not start can be killed and paused, no more: a script with other steps is `CLI_USAGE`. */
export function checkPlayable(script: FaultScript): void {
  const kinds = script.kind === 'random' ? [] : script.steps.map(({ kind }) => kind);
  const refused = kinds.find((kind) => !['kill', 'pause', 'heal'].includes(kind));
  if (refused !== undefined) {
    throw new BitcrapsError('CLI_USAGE', {
      detail: `${refused} does not go with --state, which takes kill and pause: its links and clocks are its own`,
    });
  }
}

/** Random faults of other kinds fall out. */
export function playableEvents(events: readonly FaultEvent[]): readonly FaultEvent[] {
  return events.filter(({ kind }) => PROCESS_KINDS.has(kind));
}
