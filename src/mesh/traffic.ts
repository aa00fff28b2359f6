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

const FATES: readonly TrafficFate[] = ['forwarded', 'delivered', 'bridged'];

/**
 * Counts for one link and the whole mesh; the metrics get what is new when they are read, since a relay's packets are too many
 * to look up labels for each. Error codes are the registry's, so labels are few.
 */
export class TrafficMeter {
  readonly total: Traffic = createTraffic();
  /** What the metrics got of it. */
  readonly #told: Traffic = createTraffic();
  readonly #packets: Counter;
  readonly #bytes: Counter;
  readonly #fates: Counter;
  readonly #drops: Counter;

  constructor(metrics: Metrics) {
    this.#packets = metrics.counter({
      name: 'bitcraps_mesh_packets_total',
      help: 'Packets over links of the mesh.',
      labelNames: ['direction'],
      collect: () => this.#tell(),
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
    this.total.packetsIn += 1;
    this.total.bytesIn += bytes;
    if (link === null) return;
    link.packetsIn += 1;
    link.bytesIn += bytes;
  }

  left(bytes: number, link: Traffic | null): void {
    this.total.packetsOut += 1;
    this.total.bytesOut += bytes;
    if (link === null) return;
    link.packetsOut += 1;
    link.bytesOut += bytes;
  }

  /** `link`: where the packet came from. */
  became(fate: TrafficFate, link: Traffic | null): void {
    this.total[fate] += 1;
    if (link !== null) link[fate] += 1;
  }

  /** `link`: where the packet came from. */
  dropped(code: string, link: Traffic | null): void {
    countDrop(this.total, code);
    if (link !== null) countDrop(link, code);
  }

  #tell(): void {
    const { total } = this;
    const told = this.#told;
    this.#packets.add(total.packetsIn - told.packetsIn, { direction: 'in' });
    this.#packets.add(total.packetsOut - told.packetsOut, { direction: 'out' });
    this.#bytes.add(total.bytesIn - told.bytesIn, { direction: 'in' });
    this.#bytes.add(total.bytesOut - told.bytesOut, { direction: 'out' });
    for (const fate of FATES) this.#fates.add(total[fate] - told[fate], { fate });
    for (const [code, count] of total.dropped) {
      this.#drops.add(count - (told.dropped.get(code) ?? 0), { code });
      told.dropped.set(code, count);
    }
    const { dropped: _, ...counts } = total;
    Object.assign(told, counts);
  }
}

function countDrop({ dropped }: Traffic, code: string): void {
  dropped.set(code, (dropped.get(code) ?? 0) + 1);
}
