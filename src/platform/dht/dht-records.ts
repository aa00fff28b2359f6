// `Dht` on hyperdht's mutable records. The nodes that keep a record check its signature and its sequence; what is in it
// and whose it is they cannot see.

import { assert } from '../../core/assert.ts';
import { bytesEqual } from '../../core/bytes.ts';
import { BitcrapsError } from '../../core/errors.ts';
import {
  networkContext,
  openRecord,
  openTableRecord,
  recordPlace,
  sealTableRecord,
  type RecordPlace,
} from '../../crypto/table-record.ts';
import { peerIdText } from '../../core/peer-id.ts';
import {
  DHT_SEQUENCE_MAX,
  DHT_VALUE_BYTES_MAX,
  type Dht,
  type DhtRecord,
  type DhtSigner,
  type SignedDhtRecord,
} from '../../env/dht.ts';
import type { Primitives } from '../../env/primitives.ts';
import type { DhtNode } from './dht-node.ts';

const RETRIES = 2;

export interface DhtRecordsOptions {
  readonly primitives: Primitives;
  readonly node: DhtNode;
  /** Records of other networks lie elsewhere in the table and cannot be read. */
  readonly networkId: string;
  /** How often a node that does not answer is asked again, about a second each time. Default 2. */
  readonly retries?: number;
}

export function createDhtRecords(options: DhtRecordsOptions): Dht {
  return new HyperDhtRecords(options);
}

class HyperDhtRecords implements Dht {
  readonly #primitives: Primitives;
  readonly #node: DhtNode;
  readonly #networkId: string;
  readonly #context: Uint8Array;
  readonly #retries: number;

  constructor(options: DhtRecordsOptions) {
    this.#primitives = options.primitives;
    this.#node = options.node;
    this.#networkId = options.networkId;
    this.#context = networkContext(options.networkId);
    this.#retries = options.retries ?? RETRIES;
  }

  async put(signer: DhtSigner, value: Uint8Array, sequence: bigint): Promise<void> {
    if (value.length > DHT_VALUE_BYTES_MAX) {
      const bytesMax = DHT_VALUE_BYTES_MAX;
      throw new BitcrapsError('DHT_VALUE_TOO_LONG', { bytes: value.length, bytesMax });
    }
    if (sequence < 1n || sequence > DHT_SEQUENCE_MAX) {
      throw new BitcrapsError('DHT_SEQUENCE_INVALID', { sequence });
    }
    const { publicKey, secretKey } = signer;
    const identity = { publicKey, secretKey };
    await this.#write(
      sealTableRecord(this.#primitives, identity, this.#networkId, value, sequence),
    );
  }

  async putSigned(record: SignedDhtRecord): Promise<void> {
    if (openTableRecord(this.#primitives, this.#networkId, record) === null) {
      throw new BitcrapsError('DHT_RECORD_FORGED', { peer: peerIdText(record.publicKey) });
    }
    await this.#write(record);
  }

  async #write({ publicKey, sequence, sealed, signature }: SignedDhtRecord): Promise<void> {
    const place = recordPlace(this.#primitives, this.#context, publicKey);
    assert(place !== null, 'the key of a signed record is valid');
    // The nodes refuse a stale record silently, so what they hold is looked at first.
    const held = await this.#heldAt(place);
    const isNewer = held === null || sequence > BigInt(held.seq);
    if (!isNewer && !(sequence === BigInt(held.seq) && bytesEqual(held.value, sealed))) {
      throw new BitcrapsError('DHT_SEQUENCE_STALE', { held: held.seq, sequence });
    }
    const sign = (): Buffer => Buffer.from(signature);
    try {
      const { engine } = this.#node;
      const options = { seq: Number(sequence), retries: this.#retries };
      await engine.mutablePut(
        { publicKey: Buffer.from(place.key), sign },
        Buffer.from(sealed),
        options,
      );
    } catch (error) {
      throw unreachable(error);
    }
  }

  async get(publicKey: Uint8Array): Promise<DhtRecord | null> {
    const place = recordPlace(this.#primitives, this.#context, publicKey);
    if (place === null) return null;
    const held = await this.#heldAt(place);
    if (held === null) return null;
    const sequence = BigInt(held.seq);
    const value = openRecord(this.#primitives, place, sequence, held.value);
    return value === null ? null : { value, sequence };
  }

  async #heldAt(
    place: RecordPlace,
  ): Promise<{ readonly seq: number; readonly value: Uint8Array } | null> {
    const { engine } = this.#node;
    const key = Buffer.from(place.key);
    let answered: number;
    try {
      const held = await engine.mutableGet(key, { retries: this.#retries });
      if (held !== null) return { seq: held.seq, value: new Uint8Array(held.value) };
      // Nothing found, or nobody there to ask: the engine answers both the same way.
      const query = engine.findNode(key, { retries: this.#retries });
      await query.finished();
      answered = query.closestNodes.length;
    } catch (error) {
      throw unreachable(error);
    }
    if (answered === 0) throw unreachable(new Error('no node knows another one'));
    return null;
  }
}

function unreachable(error: unknown): BitcrapsError {
  const detail = error instanceof Error ? error.message : String(error);
  return new BitcrapsError('DHT_UNREACHABLE', { detail }, { cause: error });
}
