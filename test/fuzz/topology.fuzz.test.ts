// Every reader of topologies against random text and spoilt valid files: a topology that keeps its invariants, or a
// code, never an exception. BITCRAPS_FUZZ_MS is the time for each (300 ms unless told); a failure prints its seed and
// the smallest input found.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseGenerator } from '../../src/sim/topology/parse-generator.ts';
import { readGraphml } from '../../src/sim/topology/read-graphml.ts';
import { readTopology } from '../../src/sim/topology/read-topology.ts';
import type { Topology } from '../../src/sim/topology/topology.ts';
import { readXml } from '../../src/sim/topology/xml.ts';
import { createXoshiro128 } from '../../src/sim/seeded-rng.ts';

const budgetMs = Number(process.env['BITCRAPS_FUZZ_MS'] ?? '300');

/** Runs the property until the time is up. */
function fuzz<T>(input: fc.Arbitrary<T>, check: (value: T) => void): void {
  const property = fc.property(input, (value) => check(value));
  const runs = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: budgetMs };
  fc.assert(property, { ...runs, markInterruptAsFailure: false });
}

/** A valid text with pieces cut out, repeated or replaced by what its format has a meaning for. */
function spoilt(valid: readonly string[], pieces: readonly string[]): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.nat(),
    length: fc.integer({ min: 0, max: 30 }),
    by: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })),
  });
  return fc
    .tuple(fc.constantFrom(...valid), fc.array(change, { minLength: 1, maxLength: 5 }))
    .map(([text, changes]) => {
      let spoiltText = text;
      for (const { at, length, by } of changes) {
        const from = at % (spoiltText.length + 1);
        spoiltText = spoiltText.slice(0, from) + by + spoiltText.slice(from + length);
      }
      return spoiltText;
    });
}

function holds({ nodes, links }: Topology): void {
  expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
  for (const { position } of nodes) {
    if (position !== null) expect(Number.isFinite(position.x + position.y)).toBe(true);
  }
  for (const { a, b, toA, toB, latencyMs } of links) {
    expect(a >= 0 && a < b && b < nodes.length).toBe(true);
    expect(latencyMs === null || latencyMs >= 0).toBe(true);
    for (const { quality, bytesPerSecond } of [toA, toB]) {
      expect(quality === null || (quality >= 0 && quality <= 1)).toBe(true);
      expect(bytesPerSecond === null || bytesPerSecond > 0).toBe(true);
    }
  }
}

function reads(text: string): void {
  const result = readTopology(text);
  if (!result.ok) {
    expect(result.error.code).toMatch(/^SIM_TOPOLOGY_/);
    expect(result.error.message.length).toBeLessThan(400);
  } else if (result.value.kind === 'still') {
    holds(result.value.topology);
  } else {
    result.value.sequence.frames.forEach(holds);
  }
}

const JSON_PIECES = [
  'null',
  '{}',
  '[]',
  '""',
  '-1',
  '1e999',
  '"1"',
  '0.5',
  '"__proto__"',
  ',',
  ':',
  '[[',
  '}]',
  '"id"',
  '"links"',
  '"nodes"',
  '"frames"',
  '"source"',
  '"x"',
  'NaN',
  '\\u0000',
  '\uD800',
];

const MESHNET_LAB = JSON.stringify({
  nodes: [
    { id: 0, x: 52.5, y: 13.4 },
    { id: 1, x: 52.6 },
    { id: '2', x: '52.7', y: '13.5' },
  ],
  links: [
    { source: 0, target: 1, source_tq: 0.5, target_tq: 1, type: 'wifi' },
    { source: '2', target: 'ic-0', type: 'vpn' },
  ],
});

test('any text', () => {
  fuzz(fc.string({ maxLength: 200 }), reads);
});

test('any JSON', () => {
  const fields = fc.record(
    {
      nodes: fc.json(),
      links: fc.json(),
      type: fc.json(),
      frames: fc.json(),
      linkFields: fc.json(),
    },
    { requiredKeys: [] },
  );
  const documents = fields.map((parts) => {
    const pairs = Object.entries(parts).map(([name, json]) => `"${name}":${json}`);
    return `{${pairs.join(',')}}`;
  });
  fuzz(fc.oneof(fc.json(), documents), reads);
});

test('spoilt meshnet-lab', () => {
  fuzz(spoilt([MESHNET_LAB], JSON_PIECES), reads);
});

const MULTI_METRIC = JSON.stringify({
  linkFields: ['from', 'to', 'lq', 'nlq', 'linkCost', 'tx_rate_kbit', 'rx_rate_kbit'],
  nodes: [
    [52.5, 13.4],
    [52.6, 13.5],
    [52.7, 13.5],
  ],
  links: [
    [1, 0, 0.5, 0.25, 1024, 8000, 0],
    [1, 2, 1, 1, 1024, null, 100],
  ],
});
const SEQUENCE = JSON.stringify({
  frameSeconds: 15,
  settleSeconds: 30,
  frames: [
    {
      positions: [
        [0, 0.5],
        [100, 0],
      ],
      links: [[1, 0]],
    },
    {
      positions: [
        [0, 10],
        [100, 0],
      ],
      links: [],
    },
  ],
});
const NETJSON = JSON.stringify({
  type: 'NetworkCollection',
  collection: [
    {
      type: 'NetworkGraph',
      protocol: 'OLSR',
      metric: 'ETX',
      nodes: [{ id: 'a', local_addresses: ['c'], properties: { lat: 1.5, lng: 2 } }, { id: 'b' }],
      links: [
        { source: 'a', target: 'b', cost: 2.5, properties: { lq: 1 } },
        { source: 'b', target: 'c' },
      ],
    },
  ],
});
const GRAPHML = `<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key attr.name="Latitude" for="node" id="d1"><default>1</default></key><key attr.name="Longitude" for="node" id="d2"/>
  <key attr.name="LinkSpeedRaw" for="edge" id="d3"/><graph edgedefault="directed"><!-- nodes -->
  <node id="a"><data key="d1">40.5</data><data key="d2">-74</data></node><node id="b&amp;"/>
  <edge source="a" target="b&amp;"><data key="d3">1e9</data></edge></graph></graphml>`;

const XML_PIECES = [
  '<',
  '>',
  '/>',
  '</',
  '<a>',
  '"',
  "'",
  '&',
  '&amp;',
  '&#65;',
  '&#x110000;',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?',
  '<!DOCTYPE a [<!ENTITY b "&c;&c;">]>',
  '&b;',
  '<node id="a"/>',
  '<data key="d1">',
  '<graph>',
  '<edge/>',
  'NaN',
  '-1',
];

test.each([
  ['multi-metric', MULTI_METRIC],
  ['sequence', SEQUENCE],
  ['NetJSON', NETJSON],
])('spoilt %s', (_, valid) => {
  expect(readTopology(valid).ok).toBe(true);
  fuzz(spoilt([valid], JSON_PIECES), reads);
});

test('spoilt GraphML', () => {
  expect(readTopology(GRAPHML).ok).toBe(true);
  fuzz(spoilt([GRAPHML], XML_PIECES), reads);
  fuzz(spoilt([GRAPHML], XML_PIECES), (text) => {
    const result = readGraphml(text);
    if (result.ok) holds(result.value);
  });
});

test('XML hands on balanced elements', () => {
  const soup = fc
    .array(fc.constantFrom(...XML_PIECES), { maxLength: 20 })
    .map((parts) => parts.join(''));
  fuzz(fc.oneof(soup, spoilt([GRAPHML], XML_PIECES)), (text) => {
    const open: string[] = [];
    const result = readXml(text, {
      open: (name) => open.push(name),
      text: () => expect(open.length).toBeGreaterThan(0),
      close: (name) => expect(open.pop()).toBe(name),
    });
    if (result.ok) expect(open).toEqual([]);
    else expect(result.error.code).toBe('SIM_TOPOLOGY_MALFORMED');
  });
});

test('any generator', () => {
  const name = fc.constantFrom(
    'grid',
    'line',
    'ring',
    'tree',
    'geometric',
    'regular',
    'constructor',
  );
  const number = fc.oneof(
    fc.integer({ min: -2, max: 40 }).map(String),
    fc.string({ maxLength: 3 }),
  );
  const spec = fc
    .tuple(name, fc.array(number, { maxLength: 3 }))
    .map(([word, numbers]) => `${word}:${numbers.join('x')}`);
  fuzz(fc.oneof(spec, fc.string()), (text) => {
    const rng = createXoshiro128(Uint8Array.from({ length: 16 }, (_, i) => i + 1));
    const result = parseGenerator(text, rng);
    if (result.ok) holds(result.value);
    else expect(result.error.code).toBe('SIM_TOPOLOGY_SPEC_INVALID');
  });
});
