// Links and nodes that go and come back, at a steady rate, in an order that the seed decides.

import type { Fleet, FleetNode } from './fleet.ts';
import type { FleetLink } from './fleet-link.ts';

/** Of all events, so many concern nodes, the others links. */
const NODE_SHARE = 0.2;
/** No more of each are down at once. */
const LINKS_DOWN_SHARE_MAX = 0.1;
const NODES_DOWN_SHARE_MAX = 0.05;

/** Schedules `perSecond` events a second over the next `durationMs`, exponentially spaced. */
export function churn(fleet: Fleet, perSecond: number, durationMs: number): void {
  const rng = fleet.world.rng('churn');
  const links = new Toggles<FleetLink>(
    fleet.links,
    Math.ceil(LINKS_DOWN_SHARE_MAX * fleet.links.length),
    (link) => fleet.cut(link),
    (link) => fleet.restore(link),
  );
  const nodes = new Toggles<FleetNode>(
    fleet.nodes,
    Math.ceil(NODES_DOWN_SHARE_MAX * fleet.nodes.length),
    (node) => fleet.kill(node),
    (node) => fleet.revive(node),
  );
  const gapMs = (): number => (-Math.log(1 - rng.unit()) * 1000) / perSecond;
  for (let atMs = gapMs(); atMs < durationMs; atMs += gapMs()) {
    fleet.world.clock.after(atMs, () => {
      const toggles = rng.chance(NODE_SHARE) ? nodes : links;
      toggles.toggle(rng.unit(), rng.unit());
    });
  }
}

class Toggles<T> {
  readonly #up: T[];
  readonly #down: T[] = [];
  readonly #downMax: number;
  readonly #take: (item: T) => void;
  readonly #give: (item: T) => void;

  constructor(
    items: readonly T[],
    downMax: number,
    take: (item: T) => void,
    give: (item: T) => void,
  ) {
    this.#up = [...items];
    this.#downMax = downMax;
    this.#take = take;
    this.#give = give;
  }

  /** Takes one down or brings one back; `coin` and `which` are uniform in [0, 1). */
  toggle(coin: number, which: number): void {
    const isFull = this.#down.length >= this.#downMax;
    const back = this.#down.length > 0 && (isFull || coin < 0.5);
    const [from, to] = back ? [this.#down, this.#up] : [this.#up, this.#down];
    const [item] = from.splice(Math.floor(which * from.length), 1);
    if (item === undefined) return;
    to.push(item);
    if (back) this.#give(item);
    else this.#take(item);
  }
}
