// Follows the events of one node over its control socket, through restarts of the node.

import { setTimeout as after } from 'node:timers/promises';
import type { NodeEvent } from '../../node/node-event.ts';
import { followControl } from '../../platform/node/control-socket.ts';
import { controlSocketPath } from '../state-folder.ts';

/** Until a node that ended is looked for again. */
const AGAIN_AFTER_MS = 500;

/** Calls `tell` with each event until `ended` is aborted. */
export async function watchNode<N extends { readonly folder: string }>(
  node: N,
  tell: (node: N, event: NodeEvent) => void,
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    try {
      const socket = controlSocketPath(node.folder);
      for await (const event of followControl(socket, 'events', {}, ended)) {
        if (ended.aborted) return;
        if (isEvent(event)) tell(node, event);
      }
    } catch {
      // The node is down; it is looked for again below.
    }
    await after(AGAIN_AFTER_MS, undefined, { ref: false, signal: ended }).catch(() => undefined);
  }
}

/** Events come from this build's own nodes, over a socket that only this user can open. */
function isEvent(value: unknown): value is NodeEvent {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
  );
}
