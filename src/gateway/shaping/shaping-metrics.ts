// The figures of a shaper for who scrapes metrics: counted by the shaper itself, and added up when somebody looks.

import type { Metrics } from '../../env/metrics.ts';
import { DROP_REASONS, type BandwidthUsage, type InterfaceName } from './bandwidth-usage.ts';
import { CLASS_NAMES } from './class-caps.ts';

const SIDES: readonly InterfaceName[] = ['local', 'internet'];

/** Registers them; `usage` is asked before they are read. */
export function shapingMetrics(metrics: Metrics, usage: () => BandwidthUsage): void {
  let before: BandwidthUsage | null = null;
  const collect = (): void => {
    const now = usage();
    for (const side of SIDES) add(side, now, before);
    before = now;
  };
  // One of them is enough to ask: all are read together.
  const bytes = metrics.counter({
    name: 'bitcraps_gateway_sent_bytes_total',
    help: 'Bytes of packets that left a gateway, by side and class.',
    labelNames: ['side', 'class'],
    collect,
  });
  const packets = metrics.counter({
    name: 'bitcraps_gateway_sent_packets_total',
    help: 'Packets that left a gateway, by side and class.',
    labelNames: ['side', 'class'],
  });
  const drops = metrics.counter({
    name: 'bitcraps_gateway_queue_drops_total',
    help: 'Packets that did not leave the queues of a gateway, by side and reason.',
    labelNames: ['side', 'reason'],
  });
  const waiting = metrics.gauge({
    name: 'bitcraps_gateway_queued_bytes',
    help: 'Bytes that wait in a gateway, by side and class.',
    labelNames: ['side', 'class'],
  });
  const waits = metrics.gauge({
    name: 'bitcraps_gateway_queue_wait_p99_seconds',
    help: 'What the slowest hundredth of packets waited in a gateway over the last ten seconds.',
    labelNames: ['side', 'class'],
  });

  const add = (side: InterfaceName, now: BandwidthUsage, last: BandwidthUsage | null): void => {
    const [present, past] = [now.interfaces[side], last?.interfaces[side]];
    for (const name of CLASS_NAMES) {
      const labels = { side, class: name };
      const one = present.classes[name];
      const other = past?.classes[name];
      bytes.add(one.bytes - (other?.bytes ?? 0), labels);
      packets.add(one.packets - (other?.packets ?? 0), labels);
      waiting.set(one.queuedBytes, labels);
      if (one.queueMsP99 !== null) waits.set(one.queueMsP99 / 1_000, labels);
    }
    for (const reason of DROP_REASONS) {
      drops.add(present.drops[reason] - (past?.drops[reason] ?? 0), { side, reason });
    }
  };
}
