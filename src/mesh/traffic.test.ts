import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMetrics } from '../platform/node/metrics.ts';
import { createTraffic, TrafficMeter } from './traffic.ts';

test('metrics show what was counted, whenever they are read', async () => {
  const steps = fc.array(
    fc.record({
      what: fc.constantFrom(
        'arrived',
        'left',
        'forwarded',
        'delivered',
        'bridged',
        'A',
        'B',
        'read',
      ),
      bytes: fc.nat(2_000),
      onLink: fc.boolean(),
    }),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const metrics = createMetrics();
      const meter = new TrafficMeter(metrics);
      const link = createTraffic();
      for (const { what, bytes, onLink } of list) {
        const traffic = onLink ? link : null;
        if (what === 'read') await metrics.render();
        else if (what === 'arrived' || what === 'left') meter[what](bytes, traffic);
        else if (what === 'A' || what === 'B') meter.dropped(what, traffic);
        else meter.became(what, traffic);
      }
      const text = await metrics.render();
      const shown = (series: string): number =>
        Number(new RegExp(`^bitcraps_mesh_${series} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
      const { total } = meter;
      expect(shown('packets_total{direction="in"}')).toBe(total.packetsIn);
      expect(shown('packets_total{direction="out"}')).toBe(total.packetsOut);
      expect(shown('packet_bytes_total{direction="in"}')).toBe(total.bytesIn);
      expect(shown('packet_bytes_total{direction="out"}')).toBe(total.bytesOut);
      for (const fate of ['forwarded', 'delivered', 'bridged'] as const) {
        expect(shown(`packet_fates_total{fate="${fate}"}`)).toBe(total[fate]);
        expect(total[fate]).toBe(list.filter(({ what }) => what === fate).length);
      }
      for (const code of ['A', 'B']) {
        const count = list.filter(({ what }) => what === code).length;
        expect(shown(`dropped_total{code="${code}"}`)).toBe(count);
        expect(link.dropped.get(code) ?? 0).toBe(
          list.filter(({ what, onLink }) => what === code && onLink).length,
        );
      }
    }),
    { numRuns: 40 },
  );
});
