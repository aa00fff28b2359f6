// What members of a small mesh report of their links, for tests of partitions: written down as text, one letter a member.

import { utf8 } from '../../src/core/bytes.ts';
import { NO_NODE } from '../../src/resilience/partitions/cut-points.ts';
import type { MemberReports } from '../../src/resilience/partitions/member-links.ts';

/** Stands for a PeerId. */
export function peerOfLetter(letter: string): Uint8Array {
  return utf8(letter);
}

/**
 * `a: b c` means that a reports links to b and c; this node is the first one named. `flags` by letter, as in
 * `MemberReports`.
 */
export function memberReportsOf(
  lines: readonly string[],
  flags: Readonly<Record<string, number>> = {},
): MemberReports {
  const rows = lines.map((line) => {
    const [letter = '', links = ''] = line.split(':');
    return { letter, links: links.split(' ').filter((link) => link !== '') };
  });
  const letters = rows.map(({ letter }) => letter);
  const starts = [0];
  const targets: number[] = [];
  for (const { links } of rows) {
    const nodes = links.map((link) => letters.indexOf(link)).filter((node) => node >= 0);
    targets.push(...nodes.toSorted((a, b) => a - b));
    starts.push(targets.length);
  }
  return {
    nodes: rows.length,
    self: 0,
    starts: Uint32Array.from(starts),
    targets: Uint32Array.from(targets),
    flags: Uint8Array.from(letters, (letter) => flags[letter] ?? 0),
    peerOf: (node) => peerOfLetter(letters[node] ?? '?'),
    nodeOf: (peer) => {
      const node = letters.indexOf(new TextDecoder().decode(peer));
      return node < 0 ? NO_NODE : node;
    },
  };
}
