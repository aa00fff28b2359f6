// Topologies with several metrics a link, as extracted from the Freifunk Berlin map: `nodes` are [latitude, longitude],
// `links` are rows of one direction each, and `linkFields` names their columns. Nodes are named by their place in the
// list. The metrics are OLSR's (https://www.olsr.org/docs/README-Link-Quality.html).

import type { Result } from '../../core/errors.ts';
import type { Position } from '../../routing/node-attributes.ts';
import {
  field,
  numberIn,
  qualityIn,
  rateIn,
  shown,
  textField,
  type JsonObject,
} from './json-fields.ts';
import { reading, TopologyBuilder, type TopologyCode } from './topology-builder.ts';
import type { Topology } from './topology.ts';

const FORMAT = 'multi-metric';
const BITS_PER_KBIT = 1000;

export function isMultiMetric(document: JsonObject): boolean {
  return Array.isArray(field(document, 'linkFields'));
}

/**
 * Of the columns, `from` and `to` must be there. `lq` is what `from` receives of what `to` sends, `nlq` the other way;
 * rates are those that `from` sees. Rows of one direction are views of one neighbour: the best of each metric counts.
 */
export function readMultiMetric(document: JsonObject): Result<Topology, TopologyCode> {
  return reading(() => {
    const builder = new TopologyBuilder(FORMAT);
    builder.setName(textField(document, 'name', 'label'));
    readNodes(builder, field(document, 'nodes'));
    readLinks(builder, field(document, 'linkFields'), field(document, 'links'));
    return builder.build(true);
  });
}

function listAt(builder: TopologyBuilder, where: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw builder.malformed(where, `${shown(value)} is not a list`);
}

function readNodes(builder: TopologyBuilder, value: unknown): void {
  const nodes = listAt(builder, 'nodes', value);
  if (nodes.length === 0) throw builder.malformed('nodes', 'there are none');
  for (const [i, node] of nodes.entries()) {
    if (node !== null && !Array.isArray(node)) {
      throw builder.malformed(`nodes[${i}]`, `${shown(node)} is not [latitude, longitude]`);
    }
    builder.node(String(i), null, node === null ? null : pairOf(node));
  }
}

/** The position in a list of two numbers; `null` where they are not. */
export function pairOf(pair: readonly unknown[]): Position | null {
  const x = numberIn(pair[0]);
  const y = numberIn(pair[1]);
  return x === null || y === null ? null : { x, y };
}

function readLinks(builder: TopologyBuilder, fields: unknown, value: unknown): void {
  const columns = listAt(builder, 'linkFields', fields);
  const column = (name: string): number => columns.indexOf(name);
  for (const name of ['from', 'to']) {
    if (column(name) < 0) throw builder.malformed('linkFields', `there is no column ${name}`);
  }
  const at = {
    from: column('from'),
    to: column('to'),
    lq: column('lq'),
    nlq: column('nlq'),
    cost: column('linkCost'),
    sent: column('tx_rate_kbit'),
    received: column('rx_rate_kbit'),
  };
  for (const [i, row] of listAt(builder, 'links', value).entries()) {
    const cells = listAt(builder, `links[${i}]`, row);
    const number = (index: number): number | null => numberIn(cells[index]);
    const node = (index: number): number => {
      const id = number(index);
      const where = `links[${i}]`;
      if (id === null)
        throw builder.malformed(where, `${shown(cells[index])} is not a node's number`);
      return builder.listed(String(id), where);
    };
    builder.link(node(at.from), node(at.to), {
      forth: {
        quality: qualityIn(number(at.nlq)),
        cost: number(at.cost),
        bytesPerSecond: rateIn(number(at.sent), BITS_PER_KBIT),
      },
      back: {
        quality: qualityIn(number(at.lq)),
        bytesPerSecond: rateIn(number(at.received), BITS_PER_KBIT),
      },
      kind: 'wifi',
    });
  }
}
