// What a mesh asks of the gateway that it runs on; the gateway room implements it.

import type { Result } from '../core/errors.ts';

/** Moves packets between meshes. */
export interface Bridge {
  /** Whether some other gateway has announced the peer. */
  reaches(destination: Uint8Array): boolean;
  /** Takes a packet whose route ended here; keeps no reference to the bytes. */
  forward(packet: Uint8Array): Result<void>;
  /**
   * The same for a packet in the frame that it came in, a type byte before it, which is the bridge's from now on: where one of
   * its flow crossed a moment ago. `null`: none did, and nothing was changed.
   */
  pass?(frame: Uint8Array, nowMs: number): Result<void> | null;
}

/**
 * The node of this mesh at which a packet for `destination`, which is in no record here, leaves it: one that is reachable,
 * and neither this node nor `except`; `null` if there is none. `flowId`: `null` where any packet is meant.
 */
export type ChooseGateway = (
  destination: Uint8Array,
  flowId: number | null,
  except: Uint8Array | null,
) => Uint8Array | null;
