// A gateway's accounts as metrics: sums over all bridges since the first start, taken when somebody reads them.

import type { Metrics } from '../../env/metrics.ts';
import type { FlowBook } from './flow-book.ts';
import type { GatewayTally } from './tally.ts';

type Read = (tally: GatewayTally) => number;

const COUNTERS: readonly (readonly [name: string, help: string, read: Read])[] = [
  ['carried_packets', 'Packets that went over bridges.', (tally) => tally.packetsOut],
  ['carried_bytes', 'Bytes of packets that went over bridges.', (tally) => tally.bytesOut],
  [
    'acknowledged_packets',
    'Packets that the gateways at the other ends of bridges acknowledged.',
    (tally) => tally.ackedPackets,
  ],
  [
    'acknowledged_bytes',
    'Bytes of packets that the gateways at the other ends of bridges acknowledged.',
    (tally) => tally.ackedBytes,
  ],
  ['came_packets', 'Packets that came over bridges.', (tally) => tally.packetsIn],
  ['came_bytes', 'Bytes of packets that came over bridges.', (tally) => tally.bytesIn],
];

/** Counters `bitcraps_relay_…_total` and a gauge of what is under way. */
export function ledgerMetrics(metrics: Metrics, book: FlowBook): void {
  for (const [name, help, read] of COUNTERS) {
    let told = 0;
    const counter = metrics.counter({
      name: `bitcraps_relay_${name}_total`,
      help,
      collect: () => {
        // A packet that a link did not take after all was counted for a moment.
        const sum = Math.max(told, sumOf(book, read));
        counter.add(sum - told);
        told = sum;
      },
    });
  }
  const underWay = metrics.gauge({
    name: 'bitcraps_relay_under_way_bytes',
    help: 'Bytes that wait for bridges, or for an acknowledgement from their other ends.',
    collect: () => underWay.set(sumOf(book, ({ credit }) => credit.underWayBytes)),
  });
}

function sumOf(book: FlowBook, read: Read): number {
  return [...book.gateways.values()].reduce((sum, tally) => sum + read(tally), 0);
}
