// What passed: plain counts for status, and the same for the metrics of the room.

import type { Counter, Metrics } from '../env/metrics.ts';

/** Since the link or the mesh started. Bytes are whole packets, without frames and transports. */
export interface Traffic {
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
  /** Packets that came in here and went out again. */
  forwarded: number;
  /** Packets for this node. */
  delivered: number;
  /** Packets that went to another mesh. */
  bridged: number;
  /** Packets that went no further, by error code. */
  readonly dropped: Map<string, number>;
}

export function createTraffic(): Traffic {
  return {
    packetsIn: 0,
    packetsOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    forwarded: 0,
    delivered: 0,
    bridged: 0,
    dropped: new Map(),
  };
}

export type TrafficFate = 'forwarded' | 'delivered' | 'bridged';

/** Counts for one link, the whole mesh and the metrics at once. Error codes are the registry's, so labels are few. */
export class TrafficMeter {
  readonly total: Traffic = createTraffic();
  readonly #packets: Counter;
  readonly #bytes: Counter;
  readonly #fates: Counter;
  readonly #drops: Counter;

  constructor(metrics: Metrics) {
    this.#packets = metrics.counter({
      name: 'bitcraps_mesh_packets_total',
      help: 'Packets over links of the mesh.',
      labelNames: ['direction'],
    });
    this.#bytes = metrics.counter({
      name: 'bitcraps_mesh_packet_bytes_total',
      help: 'Bytes of packets over links of the mesh.',
      labelNames: ['direction'],
    });
    this.#fates = metrics.counter({
      name: 'bitcraps_mesh_packet_fates_total',
      help: 'What became of packets that this node got: forwarded, delivered, bridged.',
      labelNames: ['fate'],
    });
    this.#drops = metrics.counter({
      name: 'bitcraps_mesh_dropped_total',
      help: 'Packets that went no further, by error code.',
      labelNames: ['code'],
    });
  }

  arrived(bytes: number, link: Traffic | null): void {
    for (const traffic of this.#both(link)) {
      traffic.packetsIn += 1;
      traffic.bytesIn += bytes;
    }
    this.#packets.add(1, { direction: 'in' });
    this.#bytes.add(bytes, { direction: 'in' });
  }

  left(bytes: number, link: Traffic | null): void {
    for (const traffic of this.#both(link)) {
      traffic.packetsOut += 1;
      traffic.bytesOut += bytes;
    }
    this.#packets.add(1, { direction: 'out' });
    this.#bytes.add(bytes, { direction: 'out' });
  }

  /** `link`: where the packet came from. */
  became(fate: TrafficFate, link: Traffic | null): void {
    for (const traffic of this.#both(link)) traffic[fate] += 1;
    this.#fates.add(1, { fate });
  }

  /** `link`: where the packet came from. */
  dropped(code: string, link: Traffic | null): void {
    for (const { dropped } of this.#both(link)) dropped.set(code, (dropped.get(code) ?? 0) + 1);
    this.#drops.add(1, { code });
  }

  #both(link: Traffic | null): readonly Traffic[] {
    return link === null ? [this.total] : [this.total, link];
  }
}
