// The distributed table of the simulator: one table that every node of a network shares, answers after a delay of
// virtual time, and nodes that can be cut off from it.

import { bytesEqual } from '../core/bytes.ts';
import { BitcrapsError } from '../core/errors.ts';
import { peerIdText } from '../core/peer-id.ts';
import { openTableRecord } from '../crypto/table-record.ts';
import { DHT_SEQUENCE_MAX, DHT_VALUE_BYTES_MAX, type Dht, type DhtRecord } from '../env/dht.ts';
import type { World } from './world.ts';

/** A query of a table across the internet takes a few round trips. */
const ANSWER_MS = 200;

export interface SimDht {
  /** The view of the node `name`. Two networks do not see each other's records. */
  node(name: string, networkId: string): Dht;
  /** From now on `name` reaches nobody, until `heal`. */
  cut(name: string): void;
  heal(name: string): void;
}

/** `answerMs`: from a call to its answer; default 200. */
export function createSimDht(world: World, answerMs: number = ANSWER_MS): SimDht {
  const records = new Map<string, DhtRecord>();
  const cut = new Set<string>();

  /** Runs `act` after the delay of virtual time, unless the node is cut off by then. */
  function ask<T>(name: string, act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      world.clock.after(answerMs, () => {
        world.settled();
        if (cut.has(name)) {
          reject(new BitcrapsError('DHT_UNREACHABLE', { detail: `${name} is cut off` }));
          return;
        }
        try {
          resolve(act());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  function put(key: string, value: Uint8Array, sequence: bigint): void {
    const held = records.get(key);
    const isNewer = held === undefined || sequence > held.sequence;
    if (!isNewer && !(sequence === held.sequence && bytesEqual(value, held.value))) {
      throw new BitcrapsError('DHT_SEQUENCE_STALE', { held: held.sequence, sequence });
    }
    records.set(key, { value, sequence });
  }

  return {
    node: (name, networkId) => ({
      async put(signer, value, sequence) {
        if (value.length > DHT_VALUE_BYTES_MAX) {
          const bytesMax = DHT_VALUE_BYTES_MAX;
          throw new BitcrapsError('DHT_VALUE_TOO_LONG', { bytes: value.length, bytesMax });
        }
        if (sequence < 1n || sequence > DHT_SEQUENCE_MAX) {
          throw new BitcrapsError('DHT_SEQUENCE_INVALID', { sequence });
        }
        const [key, copy] = [keyOf(networkId, signer.publicKey), value.slice()];
        await ask(name, () => put(key, copy, sequence));
      },
      async putSigned(record) {
        const value = openTableRecord(world.primitives, networkId, record);
        if (value === null) {
          throw new BitcrapsError('DHT_RECORD_FORGED', { peer: peerIdText(record.publicKey) });
        }
        await ask(name, () => put(keyOf(networkId, record.publicKey), value, record.sequence));
      },
      async get(publicKey) {
        const key = keyOf(networkId, publicKey);
        return ask(name, () => {
          const held = records.get(key);
          return held === undefined ? null : { ...held, value: held.value.slice() };
        });
      },
    }),
    cut: (name) => void cut.add(name),
    heal: (name) => void cut.delete(name),
  };
}

function keyOf(networkId: string, publicKey: Uint8Array): string {
  return `${peerIdText(publicKey)} ${networkId}`;
}
