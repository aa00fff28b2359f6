// The Lifeguard paper's experiments with 128 members (arXiv 1707.00788, section V), for SWIM, SWIM with Lifeguard, and
// meshes of production code, and the table of what came of it. BITCRAPS_SEEDS runs of each, 3 unless told: half an hour.

import { expect, test } from 'vitest';
import { presets } from '../../src/resilience/presets.ts';
import { campaign, detection, rowText, total, type Setting } from '../suites/lifeguard/campaign.ts';
import { ourMesh } from '../suites/lifeguard/mesh-contender.ts';
import { swim } from '../suites/lifeguard/swim.ts';

const SEEDS = Number(process.env['BITCRAPS_SEEDS'] ?? '3');
const NODES = 128;
const DEGREE = 8;
/** As patient with slow nodes as Lifeguard is, about. */
const PATIENT = { ...presets.lan, failureTimeoutMs: 11_000 };

const SLOW: readonly (readonly [number, number, number])[] = [
  [16, 2_048, 64],
  [16, 16_384, 64],
  [32, 8_192, 4],
  [32, 16_384, 1_024],
  [24, 32_768, 1],
  [32, 32_768, 64],
];

const SETTINGS: readonly Setting[] = [
  ...[1, 8].map((concurrent) => ({ nodes: NODES, concurrent, slow: null, lengthMs: 60_000 })),
  ...SLOW.map(([concurrent, forMs, everyMs]) => ({
    nodes: NODES,
    concurrent,
    slow: { forMs, everyMs },
    lengthMs: 120_000,
  })),
];

test('fewer false positives than SWIM with Lifeguard, at better detection time', async () => {
  const contenders = [
    swim(false),
    swim(true),
    ourMesh('ours', presets.lan, DEGREE),
    ourMesh('ours, patient', PATIENT, DEGREE),
  ];
  const rows = await campaign(contenders, SETTINGS, SEEDS, (row) => console.log(rowText(row)));
  const lifeguard = total(rows, 'SWIM + Lifeguard', 'falsePositives');
  expect(total(rows, 'SWIM', 'falsePositives')).toBeGreaterThan(10 * lifeguard);
  expect(lifeguard).toBeGreaterThan(0);
  for (const ours of ['ours', 'ours, patient']) {
    expect(total(rows, ours, 'falsePositives')).toBeLessThan(lifeguard);
    expect(total(rows, ours, 'falsePositivesAtHealthy')).toBeLessThanOrEqual(
      total(rows, 'SWIM + Lifeguard', 'falsePositivesAtHealthy'),
    );
    for (const figure of ['firstMs', 'allMs'] as const) {
      for (const quantile of [0.5, 0.99]) {
        expect(detection(rows, ours, figure, quantile)).toBeLessThanOrEqual(
          detection(rows, 'SWIM + Lifeguard', figure, quantile),
        );
      }
    }
  }
});
