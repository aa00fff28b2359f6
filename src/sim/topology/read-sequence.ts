// Sequences of a mesh in motion: `frames` of `positions` and `links`, a new frame every `frameSeconds` after the first
// had `settleSeconds`. Nodes are named by their place in the list of positions.

import { BitcrapsError, type Result } from '../../core/errors.ts';
import { field, isObject, numberField, numberIn, shown, type JsonObject } from './json-fields.ts';
import { looksGeographic } from './looks-geographic.ts';
import { pairOf } from './read-multi-metric.ts';
import { reading, TopologyBuilder, type TopologyCode } from './topology-builder.ts';
import {
  TOPOLOGY_FRAME_LINKS_MAX,
  TOPOLOGY_FRAMES_MAX,
  type Topology,
  type TopologySequence,
} from './topology.ts';

const FORMAT = 'sequence';
const FRAME_SECONDS_MAX = 86_400;

export function isSequence(document: JsonObject): boolean {
  return Array.isArray(field(document, 'frames'));
}

function tooLarge(what: string, max: number): BitcrapsError<TopologyCode> {
  return new BitcrapsError('SIM_TOPOLOGY_TOO_LARGE', { format: FORMAT, what, max });
}

/** `frameSeconds` must be there; `settleSeconds` is as long where it is not. */
export function readSequence(document: JsonObject): Result<TopologySequence, TopologyCode> {
  return reading(() => {
    const builder = new TopologyBuilder(FORMAT);
    const seconds = (name: string, otherwise: number | null): number => {
      const value = numberField(document, name) ?? otherwise;
      if (value !== null && value > 0 && value <= FRAME_SECONDS_MAX) return value;
      const what = `${shown(field(document, name))} is not a time of 0 to ${FRAME_SECONDS_MAX} s`;
      throw builder.malformed(name, what);
    };
    const frameSeconds = seconds('frameSeconds', null);
    const settleSeconds = seconds('settleSeconds', frameSeconds);
    const list = field(document, 'frames');
    if (!Array.isArray(list) || list.length === 0) {
      throw builder.malformed('frames', 'there are none');
    }
    if (list.length > TOPOLOGY_FRAMES_MAX) throw tooLarge('frames', TOPOLOGY_FRAMES_MAX);
    const frames: Topology[] = [];
    let links = 0;
    for (const [i, frame] of list.entries()) {
      const read = readFrame(frame, `frames[${i}]`, frames[0]);
      links += read.links.length;
      if (links > TOPOLOGY_FRAME_LINKS_MAX) throw tooLarge('links', TOPOLOGY_FRAME_LINKS_MAX);
      frames.push(read);
    }
    return { frameSeconds, settleSeconds, frames };
  });
}

/** A frame has the nodes, and the kind of position, that the first one has. */
function readFrame(frame: unknown, where: string, first: Topology | undefined): Topology {
  const builder = new TopologyBuilder(FORMAT);
  const listAt = (place: string, value: unknown): readonly unknown[] => {
    if (Array.isArray(value)) return value;
    throw builder.malformed(place, `${shown(value)} is not a list`);
  };
  if (!isObject(frame)) throw builder.malformed(where, `${shown(frame)} is not an object`);
  const positions = listAt(`${where}.positions`, field(frame, 'positions'));
  if (positions.length === 0) throw builder.malformed(`${where}.positions`, 'there are none');
  if (first !== undefined && positions.length !== first.nodes.length) {
    const what = `there are ${positions.length} nodes, in the first frame ${first.nodes.length}`;
    throw builder.malformed(`${where}.positions`, what);
  }
  for (const [i, position] of positions.entries()) {
    const pair = position === null ? [] : listAt(`${where}.positions[${i}]`, position);
    builder.node(String(i), null, pairOf(pair));
  }
  for (const [i, link] of listAt(`${where}.links`, field(frame, 'links')).entries()) {
    const place = `${where}.links[${i}]`;
    const ends = listAt(place, link);
    const end = (index: number): number => {
      const id = numberIn(ends[index]);
      if (id === null)
        throw builder.malformed(place, `${shown(ends[index])} is not a node's number`);
      return builder.listed(String(id), place);
    };
    builder.link(end(0), end(1), { kind: 'wifi' });
  }
  const geographic =
    first === undefined
      ? looksGeographic(
          builder.nodes.map(({ position }) => position),
          builder.links,
        )
      : first.nodes[0]?.planar === false;
  return builder.build(geographic);
}
