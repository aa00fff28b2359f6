import { describe, expect, test } from 'vitest';
import type { FaultScript } from '../../sim/faults/fault.ts';
import type { Topology, TopologyFile } from '../../sim/topology/topology.ts';
import { checkFlags } from './check-flags.ts';
import type { SimFlags } from './simulate.ts';
import { topologyIn, topologyOf } from './topology-argument.ts';

const still: TopologyFile = topologyOf('line:4', 1);
const frame: Topology = topologyIn(still);
const sequence: TopologyFile = {
  kind: 'sequence',
  sequence: { frameSeconds: 1, settleSeconds: 1, frames: [frame, frame] },
};
const plain: SimFlags = {
  seed: 1,
  preset: 'lan',
  pairs: 5,
  duration: 1000,
  loss: 0,
  policy: 'dijkstra',
  churn: 0,
  speed: 1.4,
};

const onStill: readonly (readonly [string, Partial<SimFlags>])[] = [
  ['--fail-links', { failLinks: { kind: 'count', count: 1 } }],
  ['--fail-nodes', { failNodes: { kind: 'share', share: 0.5 } }],
  ['--churn', { churn: 1 }],
  ['--explain', { explain: '0,3' }],
  ['--pair', { pair: '0,3' }],
];
const faults: FaultScript = { kind: 'random', perSecond: 1 };
const ofOneRun: readonly (readonly [string, Partial<SimFlags>])[] = [
  ['--explain', { explain: '0,3' }],
  ['--svg', { svg: 'mesh.svg' }],
  ['--trace', { trace: 'hops.ndjson' }],
];

function refusal(file: TopologyFile, flags: Partial<SimFlags>): unknown {
  try {
    return checkFlags(file, { ...plain, ...flags });
  } catch (error) {
    return error;
  }
}

describe('flags that do not go together', () => {
  test.each(onStill)('%s and --faults', (name, flags) => {
    expect(refusal(still, { ...flags, faults })).toMatchObject({
      code: 'CLI_USAGE',
      message: `${name} does not go with --faults`,
    });
  });

  test('--faults and links that change by themselves', () => {
    for (const [file, flags] of [
      [still, { mobility: 'random' }],
      [sequence, {}],
    ] as const) {
      expect(refusal(file, { ...flags, faults })).toMatchObject({
        message: expect.stringMatching(/^--faults does not go with/),
      });
    }
    expect(refusal(still, { faults, compare: true })).toBeNull();
  });

  test.each(onStill)('%s and links that change', (name, flags) => {
    expect(refusal(still, { ...flags, mobility: 'random' })).toMatchObject({
      code: 'CLI_USAGE',
      message: `${name} does not go with --mobility`,
    });
    expect(refusal(sequence, flags)).toMatchObject({
      code: 'CLI_USAGE',
      message: expect.stringContaining(`${name} does not go with a file of frames`),
    });
    expect(refusal(still, flags)).not.toBeInstanceOf(Error);
  });

  test.each(ofOneRun)('%s and --compare', (name, flags) => {
    expect(refusal(still, { ...flags, compare: true })).toMatchObject({
      code: 'CLI_USAGE',
      message: `${name} does not go with --compare`,
    });
    expect(refusal(still, flags)).not.toBeInstanceOf(Error);
  });

  test('--mobility and frames, --pair and --explain', () => {
    expect(refusal(sequence, { mobility: 'random' })).toMatchObject({
      message: expect.stringMatching(/^--mobility does not go with a file of frames/),
    });
    expect(refusal(still, { explain: '0,3', pair: '0,1' })).toMatchObject({
      message: expect.stringMatching(/^--pair does not go with --explain/),
    });
  });

  test('whatever is left of them is allowed', () => {
    expect(refusal(sequence, { compare: true })).toBeNull();
    expect(refusal(still, { mobility: 'random', compare: true })).toBeNull();
    expect(refusal(still, { mobility: 'random', svg: 'a', trace: 'b' })).toBeNull();
    expect(refusal(still, { compare: true, pair: '0,3', churn: 1 })).toEqual({ from: 0, to: 3 });
  });
});

test.each(['explain', 'pair'] as const)('a wrong pair is told of the flag --%s', (name) => {
  for (const text of ['0,0', '1', '0,1,2', '0,9', '']) {
    expect(refusal(still, { [name]: text })).toMatchObject({
      code: 'CLI_USAGE',
      message: expect.stringMatching(new RegExp(`^--${name}\\b`)),
    });
  }
  expect(refusal(still, { [name]: '3, 1' })).toEqual({ from: 3, to: 1 });
});
