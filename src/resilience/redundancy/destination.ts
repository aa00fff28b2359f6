// One active destination: the ways to it, what is known of each, and over which one goes what.

import { Way, type ReadyWay } from './way.ts';

/** Ways that something is known of, flows whose way is remembered, and protocols; the oldest go first. */
const WAYS_MAX = 16;
const FLOWS_MAX = 64;
const PROTOCOLS_MAX = 32;
/** What a peer says of its way counts for so long, and the same again no more often than so. */
const HINT_MS = 1_000;
const HINT_AGAIN_MS = 500;

/** Since when packets of a protocol take a way. */
interface Use {
  readonly label: number;
  readonly sinceMs: number;
}

export class Destination<W extends ReadyWay> {
  /** PeerId. */
  readonly peer: Uint8Array;
  readonly #firstAtMs: number;
  usedAtMs: number;
  /** The policy's last answer. */
  primary: W | null = null;
  /** The way of the last packet. */
  current: W | null = null;
  /** What `primary` was when they were computed, and the ways beside that. */
  ways: readonly W[] = [];
  /** Of what ways there are, when they were computed. */
  version = -1;
  /** When the way in use was last left or found broken. */
  troubledAtMs: number = -Infinity;
  /** Since when nothing came back on any way, `null` while something does; and whether that was told. */
  silentSinceMs: number | null = null;
  isSilenced = false;
  /** To be taken before others while the primary is left. */
  preferred: number | null = null;
  /** The way in use took the place of a silent one, and nothing has come back since. */
  unanswered = false;
  readonly #known = new Map<number, Way>();
  readonly #flows = new Map<number, number>();
  readonly #uses = new Map<number, Use>();
  #hint: { readonly port: number; readonly atMs: number; taken: boolean } | null = null;

  constructor(peer: Uint8Array, nowMs: number) {
    this.peer = peer.slice();
    this.#firstAtMs = nowMs;
    this.usedAtMs = nowMs;
  }

  /** Between its first packet and its last. */
  get usedForMs(): number {
    return this.usedAtMs - this.#firstAtMs;
  }

  /** Whether the ways do not fit what there is, or what the policy says. */
  isStale(version: number): boolean {
    const { primary } = this;
    if (primary === null) return false;
    return this.version !== version || !this.ways.some(({ label }) => label === primary.label);
  }

  knowledge(label: number): Way {
    const known = this.#known.get(label);
    if (known !== undefined) return known;
    const way = new Way();
    keep(this.#known, label, way, WAYS_MAX);
    return way;
  }

  isLeft({ label }: W): boolean {
    const way = this.#known.get(label);
    return way !== undefined && way.left !== null;
  }

  /** Whether it was left for what this node found itself, and not on the word of the peer's packets. */
  isBad({ label }: W): boolean {
    const reason = this.#known.get(label)?.left?.reason;
    return reason === 'silent' || reason === 'lossy';
  }

  sent(way: W, flowId: number, protocol: number, nowMs: number): void {
    this.usedAtMs = nowMs;
    this.current = way;
    const { label } = way;
    this.follow(flowId, way);
    if (this.#uses.get(protocol)?.label === label) return;
    this.#uses.delete(protocol);
    keep(this.#uses, protocol, { label, sinceMs: nowMs }, PROTOCOLS_MAX);
  }

  /** What is told of `flowId` from now on tells of this way. */
  follow(flowId: number, { label }: W): void {
    if (this.#flows.get(flowId) !== label) keep(this.#flows, flowId, label, FLOWS_MAX);
  }

  /** The label of the way that packets of a flow took. */
  labelOf(flowId: number): number | undefined {
    return this.#flows.get(flowId);
  }

  /** The way of the last packet of a protocol. */
  lastOf(protocol: number): Use | undefined {
    return this.#uses.get(protocol);
  }

  /** The peer's packets come over the link of `port` now. */
  hinted(port: number, nowMs: number): void {
    const last = this.#hint;
    if (last !== null && last.port === port && nowMs - last.atMs < HINT_AGAIN_MS) return;
    this.#hint = { port, atMs: nowMs, taken: false };
  }

  /** The port that the peer's packets come by, once; `null` if it has said nothing of late. */
  takeHint(nowMs: number): number | null {
    const hint = this.#hint;
    if (hint === null || hint.taken || nowMs - hint.atMs > HINT_MS) return null;
    hint.taken = true;
    return hint.port;
  }

  /** Ways beside the one in use that could take its place, and those of them that delivered within `liveMs`. */
  backups(nowMs: number, liveMs: number): { readonly ready: number; readonly live: number } {
    const ready = this.ways.filter((way) => way.label !== this.current?.label && !this.isLeft(way));
    const live = ready.filter(({ label }) => this.isLive(label, nowMs, liveMs));
    return { ready: ready.length, live: live.length };
  }

  /** Whether a way has delivered since the last trouble. */
  isProved({ label }: W): boolean {
    return (this.#known.get(label)?.provedAtMs ?? -Infinity) > this.troubledAtMs;
  }

  isLive(label: number, nowMs: number, liveMs: number): boolean {
    return nowMs - (this.#known.get(label)?.provedAtMs ?? -Infinity) <= liveMs;
  }
}

function keep<V>(map: Map<number, V>, key: number, value: V, max: number): void {
  const oldest = map.size >= max ? map.keys().next().value : undefined;
  if (oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
