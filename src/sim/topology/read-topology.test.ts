import { describe, expect, test } from 'vitest';
import { unwrap, type BitcrapsError } from '../../core/errors.ts';
import { readTopology } from './read-topology.ts';
import {
  TOPOLOGY_NODES_MAX,
  TOPOLOGY_TEXT_MAX,
  type Topology,
  type TopologySequence,
} from './topology.ts';

function textOf(document: unknown): string {
  return typeof document === 'string' ? document : JSON.stringify(document);
}

function topologyOf(document: unknown): Topology {
  const file = unwrap(readTopology(textOf(document)));
  if (file.kind !== 'still') throw new Error('a sequence');
  return file.topology;
}

function sequenceOf(document: unknown): TopologySequence {
  const file = unwrap(readTopology(textOf(document)));
  if (file.kind !== 'sequence') throw new Error('not a sequence');
  return file.sequence;
}

function errorOf(document: unknown): BitcrapsError {
  const result = readTopology(textOf(document));
  if (result.ok) throw new Error('it was read');
  return result.error;
}

function ids({ nodes }: Topology): string[] {
  return nodes.map(({ id }) => id);
}

/** `[a, b, quality a → b, quality b → a]` of each link. */
function qualities({ links }: Topology): (number | null)[][] {
  return links.map(({ a, b, toA, toB }) => [a, b, toB.quality, toA.quality]);
}

function speed(bitsPerSecond: number): string {
  return `<data key="d4">${bitsPerSecond}</data>`;
}

describe('meshnet-lab', () => {
  test('a list of links is enough', () => {
    const topology = topologyOf({
      links: [
        { source: '0001', target: '0002' },
        { source: 2, target: 3 },
        { source: '0002', target: 2 },
      ],
    });
    expect(ids(topology)).toEqual(['0001', '0002', '2', '3']);
    expect(topology.links.map(({ a, b, kind }) => [a, b, kind])).toEqual([
      [0, 1, 'other'],
      [2, 3, 'other'],
      [1, 2, 'other'],
    ]);
    expect(topology.nodes.map(({ position }) => position)).toEqual([null, null, null, null]);
  });

  test('qualities belong to directions, and kinds are told', () => {
    const topology = topologyOf({
      nodes: [{ id: 0 }, { id: 1 }, { id: 2, name: 'two' }],
      links: [
        { source: 1, target: 0, source_tq: 0.25, target_tq: '0.75', type: 'wifi' },
        { source: 1, target: 2, type: 'vpn' },
        { source: 2, target: 0, source_tq: 255, target_tq: -1, type: 'laser' },
      ],
    });
    expect(qualities(topology)).toEqual([
      [0, 1, 0.75, 0.25],
      [1, 2, null, null],
      [0, 2, null, 1],
    ]);
    expect(topology.links.map(({ kind }) => kind)).toEqual(['wifi', 'vpn', 'other']);
    expect(topology.nodes[2]?.name).toBe('two');
  });

  test('repeated links become one with the best of each direction, and one to itself is dropped', () => {
    const topology = topologyOf({
      links: [
        { source: 'a', target: 'b', source_tq: 0.5, target_tq: 0.9 },
        { source: 'b', target: 'a', source_tq: 0.6, target_tq: 0.4, type: 'wifi' },
        { source: 'a', target: 'a', source_tq: 1 },
      ],
    });
    expect(qualities(topology)).toEqual([[0, 1, 0.5, 0.9]]);
    expect(topology.links[0]?.kind).toBe('wifi');
  });

  test('coordinates of a town are latitude and longitude, even if some are nonsense', () => {
    const nodes = Array.from({ length: 20 }, (_, i) => ({ id: i, x: 52.5 + i / 1000, y: 13.4 }));
    const links = nodes.slice(1).map(({ id }) => ({ source: id, target: id - 1 }));
    const sloppy = [
      { id: 'no y', x: 52.5 },
      { id: 'far', x: 27.9, y: 86.9 },
      { id: 'off the globe', x: 5250, y: 13 },
      { id: 'text', x: '52.51', y: '13.41' },
    ];
    const topology = topologyOf({ nodes: [...nodes, ...sloppy], links });
    expect(topology.nodes.every(({ planar }) => !planar)).toBe(true);
    expect(topology.nodes.slice(20).map(({ position }) => position)).toEqual([
      null,
      { x: 27.9, y: 86.9 },
      null,
      { x: 52.51, y: 13.41 },
    ]);
  });

  test.each([
    [
      'metres',
      [
        [0.5, 200],
        [120.25, 310],
        [90.5, 340],
      ],
    ],
    [
      'a small field, in metres',
      [
        [10.5, 20.25],
        [14.5, 22.5],
        [18.5, 30.5],
      ],
    ],
    [
      'the unit square',
      [
        [0.5, 0.25],
        [0.5, 0.3],
        [0.25, 0.3],
      ],
    ],
    [
      'rows and columns',
      [
        [10, 20],
        [10, 21],
        [11, 21],
      ],
    ],
  ])('%s are places on a plane', (_, places) => {
    const nodes = places.map(([x, y], id) => ({ id, x, y }));
    const links = [
      { source: 0, target: 1 },
      { source: 1, target: 2 },
    ];
    const topology = topologyOf({ nodes, links });
    expect(topology.nodes.every(({ planar }) => planar)).toBe(true);
    expect(topology.nodes.map(({ position }) => [position?.x, position?.y])).toEqual(places);
  });

  test('a number and its text are one node, but not where the texts are links of their own', () => {
    const nodes = [{ id: 1 }, { id: 2 }];
    const byText = topologyOf({ nodes, links: [{ source: '1', target: '2' }] });
    expect(ids(byText)).toEqual(['1', '2']);
    const mixed = [
      { source: '1', target: 2 },
      { source: 1, target: 2 },
    ];
    expect(ids(topologyOf({ nodes, links: mixed }))).toEqual(['1', '2']);
    const apart = [
      { source: 1, target: 2 },
      { source: 'ic-0', target: '1' },
    ];
    expect(ids(topologyOf({ nodes, links: apart }))).toEqual(['1', '2', 'ic-0', '"1"']);
  });

  test('a map server’s own file is read too, without who is away', () => {
    const topology = topologyOf({
      timestamp: '2020',
      nodes: [
        {
          node_id: 'aa',
          is_online: true,
          location: { latitude: 52.5, longitude: 13.25 },
          hostname: 'roof',
        },
        { node_id: 'bb', is_online: false },
        { node_id: 'cc', is_online: true },
      ],
      links: [{ source: 'aa', target: 'cc', source_tq: 0.5, target_tq: 0.5, type: 'wifi' }],
    });
    expect(ids(topology)).toEqual(['aa', 'cc']);
    expect(topology.nodes[0]).toEqual({
      id: 'aa',
      name: 'roof',
      position: { x: 52.5, y: 13.25 },
      planar: false,
    });
  });
});

describe('multi-metric', () => {
  const file = {
    linkFields: ['from', 'to', 'lq', 'nlq', 'linkCost', 'tx_rate_kbit', 'rx_rate_kbit'],
    nodes: [[52.5, 13.4], [52.6, 13.5], null, ['52.7', 13.5]],
    links: [
      [1, 0, 0.5, 0.25, 1024, 8000, 0],
      [0, 1, 0.125, 0.75, 2048, null, 16_000],
      [0, 1, 0.2, 0.1, 1500, null, null],
      [2, '3', 1, 1, 1024],
      [3, 3, 1, 1, 1024],
    ],
  };

  test('columns are found by name, rows are directions', () => {
    const topology = topologyOf(file);
    expect(topology.nodes.map(({ position }) => position?.x ?? null)).toEqual([
      52.5,
      52.6,
      null,
      52.7,
    ]);
    expect(topology.links).toEqual([
      {
        a: 0,
        b: 1,
        toB: { quality: 0.75, cost: 1500, bytesPerSecond: null },
        toA: { quality: 0.25, cost: 1024, bytesPerSecond: 2_000_000 },
        latencyMs: null,
        kind: 'wifi',
      },
      {
        a: 2,
        b: 3,
        toB: { quality: 1, cost: 1024, bytesPerSecond: null },
        toA: { quality: 1, cost: null, bytesPerSecond: null },
        latencyMs: null,
        kind: 'wifi',
      },
    ]);
  });

  test('columns may stand in any order', () => {
    const topology = topologyOf({
      linkFields: ['nlq', 'to', 'from'],
      nodes: [
        [1, 2],
        [1, 3],
      ],
      links: [[0.5, 0, 1]],
    });
    expect(qualities(topology)).toEqual([[0, 1, null, 0.5]]);
  });

  test.each([
    ['SIM_TOPOLOGY_MALFORMED', { ...file, linkFields: ['from', 'lq'] }, 'no column to'],
    ['SIM_TOPOLOGY_MALFORMED', { ...file, nodes: [] }, 'nodes: there are none'],
    ['SIM_TOPOLOGY_MALFORMED', { ...file, nodes: [7] }, 'nodes[0]: 7 is not [latitude, longitude]'],
    ['SIM_TOPOLOGY_MALFORMED', { ...file, links: [{}] }, 'links[0]: an object is not a list'],
    [
      'SIM_TOPOLOGY_MALFORMED',
      { ...file, links: [[0, null]] },
      "links[0]: null is not a node's number",
    ],
    ['SIM_TOPOLOGY_NODE_UNKNOWN', { ...file, links: [[0, 4]] }, 'no node 4, which links[0] names'],
  ])('%s', (code, document, words) => {
    const error = errorOf(document);
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
  });
});

describe('a sequence', () => {
  const frame = {
    positions: [
      [0, 0],
      [100, 0],
      [200, 50],
    ],
    links: [
      [1, 0],
      [1, 2],
      [2, 2],
    ],
  };
  const file = { frameSeconds: 15, settleSeconds: 30, frames: [frame, { ...frame, links: [] }] };

  test('has its frames and times', () => {
    const sequence = sequenceOf(file);
    expect([sequence.frameSeconds, sequence.settleSeconds]).toEqual([15, 30]);
    expect(sequence.frames.map(({ nodes, links }) => [nodes.length, links.length])).toEqual([
      [3, 2],
      [3, 0],
    ]);
    expect(sequence.frames[0]?.nodes[2]).toEqual({
      id: '2',
      name: null,
      position: { x: 200, y: 50 },
      planar: true,
    });
  });

  test('settles as long as a frame where it does not say', () => {
    expect(sequenceOf({ frameSeconds: '20', frames: [frame] }).settleSeconds).toBe(20);
  });

  test.each([
    ['SIM_TOPOLOGY_MALFORMED', { frames: [frame] }, 'frameSeconds: nothing is not a time'],
    ['SIM_TOPOLOGY_MALFORMED', { ...file, settleSeconds: -1 }, 'settleSeconds: -1 is not a time'],
    ['SIM_TOPOLOGY_MALFORMED', { ...file, frames: [] }, 'frames: there are none'],
    ['SIM_TOPOLOGY_MALFORMED', { ...file, frames: [1] }, 'frames[0]: 1 is not an object'],
    [
      'SIM_TOPOLOGY_MALFORMED',
      { ...file, frames: [{ ...frame, positions: [] }] },
      'there are none',
    ],
    [
      'SIM_TOPOLOGY_MALFORMED',
      { ...file, frames: [{ ...frame, positions: [1] }] },
      'positions[0]: 1 is not a list',
    ],
    [
      'SIM_TOPOLOGY_MALFORMED',
      { ...file, frames: [frame, { ...frame, positions: [[0, 0]] }] },
      'in the first frame 3',
    ],
    [
      'SIM_TOPOLOGY_MALFORMED',
      { ...file, frames: [{ ...frame, links: [[0]] }] },
      'links[0]: nothing is not',
    ],
    [
      'SIM_TOPOLOGY_NODE_UNKNOWN',
      { ...file, frames: [{ ...frame, links: [[0, 3]] }] },
      'no node 3',
    ],
  ])('%s', (code, document, words) => {
    const error = errorOf(document);
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
  });
});

describe('NetJSON', () => {
  const graph = {
    type: 'NetworkGraph',
    protocol: 'OLSR',
    version: '0.6.6',
    metric: 'ETX',
    label: 'Ninux',
    nodes: [
      {
        id: '10.0.0.1',
        label: 'roof',
        local_addresses: ['10.0.1.1'],
        properties: { lat: 41.5, lng: 12.5 },
      },
      { id: '10.0.0.2', location: { lat: 41.6, lng: 12.6 } },
      { id: '10.0.0.3' },
    ],
    links: [
      { source: '10.0.0.1', target: '10.0.0.2', cost: 2 },
      { source: '10.0.0.2', target: '10.0.1.1', cost: 4 },
      { source: '10.0.0.3', target: '10.0.0.2', cost: '1.0', properties: { type: 'vpn' } },
    ],
  };

  test('costs are inverse qualities where the metric says so; ends may be local addresses', () => {
    const topology = topologyOf(graph);
    expect(topology.name).toBe('Ninux');
    expect(topology.nodes.map(({ name, position, planar }) => [name, position, planar])).toEqual([
      ['roof', { x: 41.5, y: 12.5 }, false],
      [null, { x: 41.6, y: 12.6 }, false],
      [null, null, false],
    ]);
    expect(qualities(topology)).toEqual([
      [0, 1, 0.5, 0.25],
      [1, 2, 1, 1],
    ]);
    expect(topology.links.map(({ kind, toB }) => [kind, toB.cost])).toEqual([
      ['other', 2],
      ['vpn', 1],
    ]);
  });

  test.each([
    ['OLSR', 'ETX', 4096, 0.25],
    ['OLSR', 'etx_ffeth', 4, 0.25],
    ['batman-adv', 'TQ', 1.25, 0.8],
    ['Babel', null, 512, 0.5],
    ['Babel', null, 96, 1],
    ['olsrv2', 'ff_dat_metric', 1020, null],
    ['static', null, 1, null],
    ['OLSR', 'ETX', 'NULL', null],
    ['OLSR', 'ETX', 0, null],
  ])('%s with metric %s and cost %s has the quality %s', (protocol, metric, cost, quality) => {
    const links = [{ source: '10.0.0.1', target: '10.0.0.2', cost }];
    expect(qualities(topologyOf({ ...graph, protocol, metric, links }))).toEqual([
      [0, 1, quality, quality],
    ]);
  });

  test('qualities that the properties tell go before the cost', () => {
    const link = {
      source: '10.0.0.1',
      target: '10.0.0.2',
      weight: 9,
      properties: { lq: 0.5, nlq: 0.75 },
    };
    expect(qualities(topologyOf({ ...graph, links: [link] }))).toEqual([[0, 1, 0.75, 0.5]]);
  });

  test('without a list of nodes the links name them', () => {
    expect(ids(topologyOf({ ...graph, nodes: [] }))).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      '10.0.1.1',
      '10.0.0.3',
    ]);
  });

  test('of a collection, the graph with most links is read', () => {
    const small = { ...graph, label: 'small', links: [] };
    const inner = { type: 'NetworkCollection', collection: [small, graph] };
    const routes = { type: 'NetworkRoutes', routes: [] };
    expect(topologyOf({ type: 'NetworkCollection', collection: [routes, inner, small] }).name).toBe(
      'Ninux',
    );
  });

  test.each([
    ['SIM_TOPOLOGY_MALFORMED', { ...graph, nodes: [{}] }, 'nodes[0].id: nothing is not an id'],
    ['SIM_TOPOLOGY_MALFORMED', { ...graph, nodes: ['a'] }, 'nodes[0]: "a" is not an object'],
    ['SIM_TOPOLOGY_MALFORMED', { ...graph, links: 7 }, 'links: 7 is not a list'],
    [
      'SIM_TOPOLOGY_MALFORMED',
      { ...graph, links: [{ source: '10.0.0.1' }] },
      'links[0].target: nothing',
    ],
    ['SIM_TOPOLOGY_MALFORMED', { ...graph, nodes: [], links: [] }, 'nodes: there are none'],
    [
      'SIM_TOPOLOGY_MALFORMED',
      { type: 'NetworkCollection', collection: [] },
      'holds no NetworkGraph',
    ],
    [
      'SIM_TOPOLOGY_NODE_UNKNOWN',
      { ...graph, links: [{ source: '10.0.0.1', target: '10.9.9.9' }] },
      'no node 10.9.9.9, which links[0] names',
    ],
    ['SIM_TOPOLOGY_FORMAT_UNKNOWN', { type: 'NetworkRoutes', routes: [] }, 'no NetworkGraph'],
  ])('%s', (code, document, words) => {
    const error = errorOf(document);
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
  });
});

describe('GraphML', () => {
  const keys = `
    <key attr.name="Latitude" attr.type="double" for="node" id="d1" />
    <key attr.name="Longitude" attr.type="double" for="node" id="d2" />
    <key attr.name="label" attr.type="string" for="node" id="d3"><default>no &amp; name</default></key>
    <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="d4" />
    <key attr.name="LinkSpeed" attr.type="string" for="edge" id="d5" />
    <key attr.name="LinkSpeedUnits" attr.type="string" for="edge" id="d6" />
    <key attr.name="Network" attr.type="string" for="graph" id="d7" />`;
  const graphml = (body: string, edgedefault = 'undirected'): string =>
    `<?xml version="1.0" encoding="utf-8"?><!-- a map --><graphml xmlns="http://graphml.graphdrawing.org/xmlns">${keys}
     <graph edgedefault="${edgedefault}"><data key="d7">Abi&#x6C;ene</data>${body}</graph></graphml>`;
  const nodes = `
    <node id="n0"><data key="d1">40.7</data><data key="d2">-74.0</data><data key="d3">New York</data></node>
    <node id="n1"><data key="d1">41.8</data><data key="d2">-87.6</data></node>
    <node id='n2'><data key="d1">nan</data><data key="d3"><![CDATA[A & B <C>]]></data></node>`;

  test('nodes, edges and what the keys say of them', () => {
    const topology = topologyOf(
      graphml(`<edge source="n1" target="n0"><data key="d4">1000000000.0</data></edge>${nodes}
        <edge source="n1" target="n2"><data key="d5">10</data><data key="d6">G</data><port/></edge>`),
    );
    expect(topology.name).toBe('Abilene');
    expect(topology.nodes).toEqual([
      { id: 'n0', name: 'New York', position: { x: 40.7, y: -74 }, planar: false },
      { id: 'n1', name: 'no & name', position: { x: 41.8, y: -87.6 }, planar: false },
      { id: 'n2', name: 'A & B <C>', position: null, planar: false },
    ]);
    expect(
      topology.links.map(({ a, b, toA, toB, kind }) => [
        a,
        b,
        toA.bytesPerSecond,
        toB.bytesPerSecond,
        kind,
      ]),
    ).toEqual([
      [0, 1, 125e6, 125e6, 'wired'],
      [1, 2, 1.25e9, 1.25e9, 'wired'],
    ]);
  });

  test('parallel edges add up, one to itself is dropped, a directed one tells of its direction', () => {
    const topology = topologyOf(
      graphml(
        `${nodes}<edge source="n0" target="n1">${speed(80)}</edge><edge source="n0" target="n1">${speed(160)}</edge>
         <edge source="n1" target="n0" directed="false">${speed(8)}</edge><edge source="n2" target="n2"/>`,
        'directed',
      ),
    );
    expect(topology.links.map(({ toA, toB }) => [toB.bytesPerSecond, toA.bytesPerSecond])).toEqual([
      [31, 1],
    ]);
  });

  test.each([
    [
      'SIM_TOPOLOGY_NODE_UNKNOWN',
      graphml(`${nodes}<edge source="n0" target="n9"/>`),
      'no node n9, which the edge at line',
    ],
    ['SIM_TOPOLOGY_MALFORMED', graphml(''), 'there are no nodes'],
    ['SIM_TOPOLOGY_MALFORMED', graphml('<node/>'), 'the attribute id is missing'],
    [
      'SIM_TOPOLOGY_MALFORMED',
      graphml('<node id="a"/><edge source="a"/>'),
      'the attribute target is missing',
    ],
    ['SIM_TOPOLOGY_MALFORMED', graphml('<node id="a"/><node id="a"/>'), 'listed twice'],
    ['SIM_TOPOLOGY_MALFORMED', graphml('<hyperedge/>'), 'hyperedges are not read'],
    [
      'SIM_TOPOLOGY_MALFORMED',
      '<html><body/></html>',
      'line 1, column 1: the root element is html, not graphml',
    ],
    ['SIM_TOPOLOGY_MALFORMED', graphml('<node id="a">'), 'closed, but node is open'],
  ])('%s', (code, document, words) => {
    const error = errorOf(document);
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(words)]);
  });
});

describe('what is no topology', () => {
  test.each([
    ['', 'neither JSON'],
    ['graph [ node [ id 0 ] ]', 'neither JSON'],
    ['[1, 2]', 'it is JSON, but a list'],
    ['null', 'it is JSON, but null'],
    ['{}', 'no list of links'],
    ['{"type":"DeviceConfiguration"}', 'no list of links'],
    ['{"links":{}}', 'no list of links'],
  ])('%s', (text, words) => {
    const error = errorOf(text);
    expect([error.code, error.message]).toEqual([
      'SIM_TOPOLOGY_FORMAT_UNKNOWN',
      expect.stringContaining(words),
    ]);
  });

  test.each([
    [{ links: [], nodes: [] }, 'the file: there are no nodes'],
    [{ links: [1] }, 'links[0]: 1 is not an object'],
    [{ links: [{ source: 'a' }] }, 'links[0].target: nothing is not an id'],
    [{ links: [{ source: 'a', target: '' }] }, 'links[0].target: "" is not an id'],
    [{ links: [{ source: 'a', target: { id: 'b' } }] }, 'links[0].target: an object is not an id'],
    [{ links: {}, nodes: [{ id: 1 }] }, 'links: an object is not a list'],
    [{ nodes: [{ id: null }] }, 'nodes[0].id: null is not an id'],
    [{ nodes: [[1, 2]], links: [] }, 'nodes[0]: a list is not an object'],
  ])('%j', (document, words) => {
    const error = errorOf(document);
    expect([error.code, error.message]).toEqual([
      'SIM_TOPOLOGY_MALFORMED',
      expect.stringContaining(words),
    ]);
  });

  test('a byte-order mark is not part of it', () => {
    expect(ids(topologyOf('\uFEFF {"nodes":[{"id":1}]}'))).toEqual(['1']);
  });

  test('nor more than the simulator takes', () => {
    const nodes = Array.from({ length: TOPOLOGY_NODES_MAX + 1 }, (_, id) => ({ id }));
    expect(errorOf({ nodes }).message).toBe(
      `the meshnet-lab topology has more than ${TOPOLOGY_NODES_MAX} nodes`,
    );
    expect(topologyOf({ nodes: nodes.slice(1) }).nodes).toHaveLength(TOPOLOGY_NODES_MAX);
    expect(errorOf(' '.repeat(TOPOLOGY_TEXT_MAX + 1)).code).toBe('SIM_TOPOLOGY_TOO_LARGE');
  });
});
