// Meshes of production code in which every node watches the members, and what each of them was told.

import { watchMembers } from '../../src/mesh/membership.ts';
import { LocalHealth } from '../../src/resilience/detector/local-health.ts';
import type { Membership } from '../../src/resilience/membership/membership.ts';
import type { MembershipEvent, Verdict } from '../../src/resilience/membership/verdict.ts';
import { presets, type FailureTimings } from '../../src/resilience/presets.ts';
import { MeshRig, testIdentity, type NodeOptions } from './mesh-rig.ts';

export interface Told {
  readonly atMs: number;
  readonly kind: MembershipEvent['kind'];
  /** Name of the node that it is about. */
  readonly about: string;
  readonly event: MembershipEvent;
}

export class MembershipRig extends MeshRig {
  readonly timings: FailureTimings;
  readonly told = new Map<string, Told[]>();
  readonly #watchers = new Map<string, Membership>();

  constructor(seed = 1, timings: FailureTimings = presets.lan) {
    super(seed);
    this.timings = timings;
  }

  /** Adds a node that watches. */
  watch(name: string, options: NodeOptions = {}): void {
    const localHealth = new LocalHealth();
    const node = this.add(name, { ...this.timings, localHealth, ...options });
    const told: Told[] = this.told.get(name) ?? [];
    this.told.set(name, told);
    const watcher = watchMembers({
      mesh: node.mesh,
      clock: node.clock,
      rng: this.world.rng(`${name} membership`),
      health: localHealth,
      bootEpoch: options.bootEpoch ?? 1,
      timings: this.timings,
      tell: (event) => {
        const about = this.nameOf(event.peer);
        this.world.log(`${name}: ${about} ${event.kind}`);
        told.push({ atMs: this.world.clock.now(), kind: event.kind, about, event });
      },
    });
    this.#watchers.set(name, watcher);
  }

  watcher(name: string): Membership {
    const watcher = this.#watchers.get(name);
    if (watcher === undefined) throw new Error(`${name} does not watch`);
    return watcher;
  }

  verdict(at: string, about: string): Verdict {
    return this.watcher(at).verdict(testIdentity(about).publicKey);
  }

  /** The process dies, and its kernel says nothing. */
  crash(name: string): void {
    this.node(name).clock.kill();
    this.node(name).endpoint.powerOff();
  }

  /** Everybody else's verdicts about a node, each once. */
  opinions(about: string): readonly Verdict[] {
    const others = [...this.#watchers.keys()].filter((name) => name !== about);
    return [...new Set(others.map((name) => this.verdict(name, about)))];
  }

  kinds(at: string, about: string): readonly MembershipEvent['kind'][] {
    const told = this.told.get(at) ?? [];
    return told.filter((one) => one.about === about).map(({ kind }) => kind);
  }
}
