// A mesh of production code in two parts that a few links join, each node with a watch for partitions: for tests of what
// happens when those links fail, and when one comes back.

import { PartitionWatch } from '../../src/mesh/partition-watch.ts';
import type { PartitionEvent } from '../../src/resilience/partitions/partition-tracker.ts';
import { FrameType } from '../../src/wire/frame.ts';
import { MeshRig, type NodeOptions } from './mesh-rig.ts';

/** Links of a node to earlier ones of its part, besides the one that keeps the part together. */
const EXTRA_LINKS = 1;
/** How often the whole mesh is looked at. */
const STEP_MS = 50;
const LINK_STATE: ReadonlySet<number> = new Set([
  FrameType.linkState,
  FrameType.linkStateDigest,
  FrameType.linkStateUpdate,
]);

export interface SeenEvent {
  readonly at: string;
  readonly atMs: number;
  readonly event: PartitionEvent;
}

export class PartitionRig extends MeshRig {
  readonly watches = new Map<string, PartitionWatch>();
  readonly events: SeenEvent[] = [];
  /** Names of the two parts. */
  readonly parts: readonly [readonly string[], readonly string[]];
  /** Pairs of names; the first is of the first part. */
  readonly between: (readonly [string, string])[] = [];
  /** When an end of a link between the parts last noticed that it does not answer. */
  noticedAtMs = 0;
  /** Bytes of link state that were sent, and of these over links between the parts. */
  linkStateBytes = 0;
  linkStateBytesBetween = 0;

  constructor(
    seed: number,
    sizes: readonly [number, number],
    joints: number,
    options: NodeOptions = {},
  ) {
    super(seed);
    const [left, right] = sizes;
    this.parts = [names('l', left), names('r', right)];
    const rng = this.world.rng('partition-rig');
    for (const part of this.parts) {
      for (const [i, name] of part.entries()) {
        this.add(name, options);
        this.watches.set(name, this.#watch(name));
        const earlier = part.slice(0, i);
        for (let k = 0; k <= EXTRA_LINKS && earlier.length > 0; k += 1) {
          const [other = name] = earlier.splice(rng.uint32() % earlier.length, 1);
          this.link(name, other);
        }
      }
    }
    for (let k = 0; k < joints; k += 1) {
      const pair = [`l${(k * 7) % left}`, `r${(k * 5) % right}`] as const;
      this.between.push(pair);
      this.link(...pair);
    }
    const [first] = this.parts;
    for (const name of this.between.flat()) {
      const { mesh, clock } = this.node(name);
      mesh.onLink(({ kind, peer }) => {
        const isBetween = first.includes(name) !== first.includes(this.nameOf(peer));
        if (kind === 'suspect' && isBetween) this.noticedAtMs = clock.now();
      });
    }
    this.tap = (from, to, frame) => {
      if (!LINK_STATE.has(frame[0] ?? 0)) return;
      this.linkStateBytes += frame.length;
      const isBetween = first.includes(from) !== first.includes(to);
      if (isBetween) this.linkStateBytesBetween += frame.length;
    };
  }

  get all(): readonly string[] {
    return this.parts.flat();
  }

  /** Nothing passes between the parts any more, and nobody is told. */
  cutAll(): void {
    for (const [a, b] of this.between) this.network.cut(a, b);
  }

  /** A new link between two nodes, where the old one has been given up. */
  heal(a: string, b: string): void {
    this.network.heal(a, b);
    this.link(a, b);
  }

  /** How many members a node reaches, itself included. */
  reached(name: string): number {
    return this.node(name)
      .mesh.members()
      .filter(({ reachable }) => reachable).length;
  }

  /** Whether all nodes reach all. */
  get isWhole(): boolean {
    return this.all.every((name) => this.reached(name) === this.all.length);
  }

  /** Runs until all nodes reach all and hold the same; how long it took, to within `STEP_MS`. Throws if it takes longer. */
  async whole(withinMs: number): Promise<number> {
    const { clock } = this.world;
    const startMs = clock.now();
    while (!this.isWhole || !this.agrees) {
      if (clock.now() - startMs > withinMs) throw new Error(`not whole within ${withinMs} ms`);
      await this.run(STEP_MS);
    }
    return clock.now() - startMs;
  }

  /** What a node holds of links, as text: the same at all nodes once they agree. */
  linksKnownTo(name: string): string {
    const members = this.node(name).mesh.memberReports();
    const nameOf = (node: number): string => this.nameOf(members.peerOf(node));
    const lines = Array.from({ length: members.nodes }, (_, node) => {
      const links = members.targets.subarray(members.starts[node], members.starts[node + 1]);
      return `${nameOf(node)}: ${[...links].map(nameOf).sort().join(' ')}`;
    });
    return lines.sort().join('\n');
  }

  /** Whether all nodes hold the same. */
  get agrees(): boolean {
    const [first = ''] = this.all;
    const known = this.linksKnownTo(first);
    return this.all.every((name) => this.linksKnownTo(name) === known);
  }

  #watch(name: string): PartitionWatch {
    const { mesh, clock } = this.node(name);
    const watch = new PartitionWatch({ mesh, clock });
    watch.onEvent((event) => this.events.push({ at: name, atMs: clock.now(), event }));
    return watch;
  }
}

function names(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`);
}
