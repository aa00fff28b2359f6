// Any topology file: tells its format by what is in it, and reads it.

import { fail, ok, type Result } from '../../core/errors.ts';
import { isObject, shown, type JsonObject } from './json-fields.ts';
import { readGraphml } from './read-graphml.ts';
import { isMeshnetLab, readMeshnetLab } from './read-meshnet-lab.ts';
import { isMultiMetric, readMultiMetric } from './read-multi-metric.ts';
import { isNetjson, readNetjson } from './read-netjson.ts';
import { isSequence, readSequence } from './read-sequence.ts';
import type { TopologyCode } from './topology-builder.ts';
import { TOPOLOGY_TEXT_MAX, type Topology, type TopologyFile } from './topology.ts';

type FileCode = TopologyCode | 'SIM_TOPOLOGY_FORMAT_UNKNOWN';

/**
 * Reads a whole file. `SIM_TOPOLOGY_FORMAT_UNKNOWN` where it is of no known format, `SIM_TOPOLOGY_MALFORMED`,
 * `SIM_TOPOLOGY_NODE_UNKNOWN` and `SIM_TOPOLOGY_TOO_LARGE` where it is of one and something is wrong in it.
 */
export function readTopology(text: string): Result<TopologyFile, FileCode> {
  if (text.length > TOPOLOGY_TEXT_MAX) {
    return fail('SIM_TOPOLOGY_TOO_LARGE', {
      format: 'text of the',
      what: 'characters',
      max: TOPOLOGY_TEXT_MAX,
    });
  }
  // Some editors put a byte-order mark in front.
  const body = text.replace(/^\uFEFF/, '').trimStart();
  if (body.startsWith('<')) return still(readGraphml(body));
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch (error) {
    return fail('SIM_TOPOLOGY_FORMAT_UNKNOWN', {
      reason: `it is neither JSON (${String(error)}) nor XML`,
    });
  }
  if (isObject(document)) return readDocument(document);
  return fail('SIM_TOPOLOGY_FORMAT_UNKNOWN', { reason: `it is JSON, but ${shown(document)}` });
}

function readDocument(document: JsonObject): Result<TopologyFile, FileCode> {
  if (isNetjson(document)) return still(readNetjson(document));
  if (isMultiMetric(document)) return still(readMultiMetric(document));
  if (isSequence(document)) {
    const sequence = readSequence(document);
    return sequence.ok ? ok({ kind: 'sequence', sequence: sequence.value }) : sequence;
  }
  if (isMeshnetLab(document)) return still(readMeshnetLab(document));
  return fail('SIM_TOPOLOGY_FORMAT_UNKNOWN', {
    reason: 'the JSON has no list of links, nodes or frames, and is no NetworkGraph',
  });
}

function still<C extends TopologyCode>(result: Result<Topology, C>): Result<TopologyFile, C> {
  return result.ok ? ok({ kind: 'still', topology: result.value }) : result;
}
