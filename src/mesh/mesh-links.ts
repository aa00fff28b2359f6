// The links of one node: from handshake to a port of their own, one for each neighbour. Where two nodes dialled each
// other, both keep the link with the lower channel binding, which neither can choose; but a link that is there already
// and may be a corpse is probed before a living one is given up for it. Anybody may open links to this node and say
// nothing: such links have few places, and give way to younger ones.

import { bytesEqual, compareBytes } from '../core/bytes.ts';
import { BitcrapsError } from '../core/errors.ts';
import { peerIdShort } from '../core/peer-id.ts';
import type { Clock, Timer } from '../env/clock.ts';
import type { Link } from '../env/link.ts';
import type { Logger } from '../env/logger.ts';
import type { LinkStretch } from '../resilience/power/power-plan.ts';
import { byteKey, type ByteKey } from '../routing/byte-key.ts';
import { createLinkMeter, type LinkMeter } from '../routing/link-metrics.ts';
import { NEIGHBOURS_MAX } from '../routing/link-state-record.ts';
import { createTokenBucket } from '../core/token-bucket.ts';
import { createPortAllocator } from '../routing/port-allocator.ts';
import type { Hello } from '../versioning/hello.ts';
import { isActive, type Negotiation } from '../versioning/negotiate.ts';
import { FrameType } from '../wire/frame.ts';
import {
  openNeighbour,
  type Neighbour,
  type NeighbourClose,
  type NeighbourConfig,
  type OutgoingFrame,
  type ControlFrameType,
} from './neighbour.ts';
import type { LinkAccount, LinkAccounts, LinkArrivals } from './link-account.ts';
import type { SuspicionCause } from './link-watch-config.ts';
import type { NeighbourHandlers } from './neighbour-handlers.ts';
import { createTraffic, type Traffic } from './traffic.ts';

/** Links at once that completed their handshake, and those that this node dials. */
export const LINKS_MAX: number = NEIGHBOURS_MAX;
/** Places of these that only links take which this node dialled. */
export const DIALLED_RESERVED = 16;
/** Accepted links in their handshake: the oldest goes first. An honest one takes a few round trips. */
export const ACCEPTED_OPENING_MAX = 64;
/** How long a link that may be dead has to answer before another to the same neighbour replaces it. */
const PROBE_MS_MAX = 5_000;
/** How often all links are asked out of turn: a few times at once, and where neighbours come and go, every two seconds. */
const NUDGES_BURST = 3;
const NUDGES_PER_SECOND = 0.5;

/** A link that completed its handshake. */
export interface MeshLink {
  readonly neighbour: Neighbour;
  readonly negotiation: Negotiation;
  readonly remote: Hello;
  readonly establishedAtMs: number;
  readonly meter: LinkMeter;
  readonly traffic: Traffic;
  /** `null` while another link to the same neighbour is preferred. */
  port: number | null;
  /** Where somebody accounts for its packets; `account` while it carries the mesh. */
  readonly arrivals: LinkArrivals | null;
  account: LinkAccount | null;
}

export interface MeshLinksHandlers {
  /** The link has a port and carries the mesh from now on. */
  up(link: MeshLink, port: number): void;
  /** What the other end may not have got waits in the neighbour to be handed over. */
  down(link: MeshLink, port: number, reason: NeighbourClose): void;
  /** After `down`, and after another link to the neighbour took its place: what waits there is to be handed over. */
  over(link: MeshLink, port: number): void;
  /** The link does not answer: it stays open, and should carry nothing until `recovered`. */
  suspected(link: MeshLink, port: number, cause: SuspicionCause): void;
  recovered(link: MeshLink, port: number): void;
  /** A link ended that never carried the mesh. */
  refused(link: Link, reason: NeighbourClose): void;
  reweighed(link: MeshLink, port: number): void;
  frame(link: MeshLink, type: ControlFrameType, payload: Uint8Array): void;
  /** A packet, as the whole frame: a type byte, then the packet. */
  packet(link: MeshLink, frame: Uint8Array, nowMs: number): void;
  nextControl(port: number): OutgoingFrame | null;
}

export interface MeshLinksConfig extends Omit<NeighbourConfig, 'hello' | 'handlers'> {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Grows at each start of the node. */
  readonly bootEpoch: number;
  /** A fresh Hello for a link that takes frames up to `frameBytesMax`. */
  hello(frameBytesMax: number): Hello;
  /** 0–1 of this node's battery, `null` on mains: a node that runs low weighs its links more. */
  energy(): number | null;
  /** How the idle link to this neighbour saves energy. */
  stretch(peer: Uint8Array): LinkStretch;
  /** Who accounts for the packets of links. Default: nobody. */
  readonly accounts?: LinkAccounts;
  readonly handlers: MeshLinksHandlers;
}

export class MeshLinks {
  readonly #config: MeshLinksConfig;
  readonly #opening = new Set<Neighbour>();
  readonly #active = new Map<ByteKey, MeshLink>();
  readonly #standby = new Map<ByteKey, MeshLink>();
  readonly #byPort = new Map<number, MeshLink>();
  readonly #ports: ReturnType<typeof createPortAllocator>;
  #stopped = false;
  readonly #nudges = createTokenBucket(NUDGES_BURST, NUDGES_PER_SECOND);
  /** A nudge that waits for its time. */
  #nudging: Timer | null = null;

  constructor(config: MeshLinksConfig) {
    this.#config = config;
    this.#ports = createPortAllocator(config.clock, config.bootEpoch);
  }

  /** Takes the link over, or refuses it. */
  add(link: Link): void {
    const refusal = this.#refusal(link);
    if (refusal !== null) {
      const { code, message } = refusal;
      link.attach({ frame: ignore, drain: ignore, close: ignore });
      link.destroy({ code, detail: message });
      this.#config.handlers.refused(link, { code, detail: message, by: 'local' });
      return;
    }
    if (link.role === 'listener') this.#makeRoom(link);
    const { handlers } = this.#config;
    const opened: { link: MeshLink | null } = { link: null };
    const neighbour: Neighbour = openNeighbour(link, {
      ...this.#config,
      hello: this.#config.hello(link.frameBytesMax),
      handlers: {
        established: (negotiation, remote) => {
          this.#opening.delete(neighbour);
          opened.link = this.#created(neighbour, negotiation, remote);
          this.#place(opened.link);
        },
        frame: (type, payload) => {
          const { link } = opened;
          if (link !== null && type !== FrameType.packet) handlers.frame(link, type, payload);
        },
        packet: (frame, nowMs) => {
          if (opened.link !== null) handlers.packet(opened.link, frame, nowMs);
        },
        roundTrip: (roundTripMs, queueMs) => {
          if (opened.link !== null) this.#measured(opened.link, roundTripMs, queueMs);
        },
        ...this.#accounting(opened),
        delivered: (bytes, ms) => {
          opened.link?.meter.delivered(bytes, ms, this.#config.clock.now());
        },
        stretch: () => this.#config.stretch(link.remoteKey),
        rate: () => opened.link?.meter.bytesPerSecond(this.#config.clock.now()) ?? null,
        suspected: (cause) => {
          const { link } = opened;
          if (link === null || link.port === null) return;
          this.#config.handlers.suspected(link, link.port, cause);
          this.#nudge();
        },
        recovered: () => {
          const { link } = opened;
          if (link === null || link.port === null) return;
          this.#config.handlers.recovered(link, link.port);
          this.#nudge();
        },
        nextControl: () => {
          const port = opened.link?.port ?? null;
          return port === null ? null : this.#config.handlers.nextControl(port);
        },
        closed: (reason) => {
          this.#opening.delete(neighbour);
          if (opened.link === null) this.#config.handlers.refused(link, reason);
          else this.#closed(opened.link, reason);
        },
      },
    });
    this.#opening.add(neighbour);
  }

  /** Nobody is told where nobody accounts. */
  #accounting(opened: {
    readonly link: MeshLink | null;
  }): Pick<NeighbourHandlers, 'acknowledged' | 'gaveUp'> {
    if (this.#config.accounts === undefined) return {};
    return {
      acknowledged: (piece, offset, length) =>
        opened.link?.account?.acknowledged(piece, offset + 1, length - 1),
      gaveUp: (frame) => opened.link?.account?.gaveUp(frame, 1),
    };
  }

  byPort(port: number): MeshLink | undefined {
    return this.#byPort.get(port);
  }

  /** The one that carries the mesh. */
  byPeer(peer: Uint8Array): MeshLink | undefined {
    return this.#active.get(byteKey(peer));
  }

  /** The links that carry the mesh. */
  active(): Iterable<MeshLink> {
    return this.#active.values();
  }

  /** Lets every link ask for control frames. */
  wake(): void {
    for (const { neighbour } of this.#active.values()) neighbour.wake();
  }

  /** Says goodbye to all. */
  stop(): void {
    this.#stopped = true;
    this.#nudging?.cancel();
    const links = [...this.#active.values(), ...this.#standby.values()];
    const stopped = new BitcrapsError('MESH_STOPPED', {});
    for (const neighbour of this.#opening) neighbour.close(stopped);
    for (const { neighbour } of links) neighbour.close(stopped);
  }

  #refusal(link: Link): BitcrapsError | null {
    if (this.#stopped) return new BitcrapsError('MESH_STOPPED', {});
    if (!link.reliable) {
      return new BitcrapsError('MESH_LINK_UNRELIABLE', { transport: link.transport });
    }
    const linksMax = placesFor(link);
    const established = this.#active.size + this.#standby.size;
    const dialling = this.#openingAs('dialer').length;
    if (established + dialling < linksMax) return null;
    return new BitcrapsError('MESH_LINKS_FULL', { linksMax });
  }

  /** Ends accepted links in their handshake: those of the same key, and the oldest of too many. */
  #makeRoom({ remoteKey }: Link): void {
    for (const neighbour of this.#openingAs('listener')) {
      if (!bytesEqual(neighbour.link.remoteKey, remoteKey)) continue;
      const data = { neighbour: peerIdShort(remoteKey) };
      neighbour.close(new BitcrapsError('MESH_LINK_DUPLICATE', data));
    }
    const opening = this.#openingAs('listener');
    const tooMany = Math.max(0, opening.length + 1 - ACCEPTED_OPENING_MAX);
    for (const neighbour of opening.slice(0, tooMany)) {
      neighbour.close(new BitcrapsError('MESH_LINKS_FULL', { linksMax: ACCEPTED_OPENING_MAX }));
    }
  }

  /** Oldest first. */
  #openingAs(role: Link['role']): readonly Neighbour[] {
    return [...this.#opening].filter(({ link }) => link.role === role);
  }

  #created(neighbour: Neighbour, negotiation: Negotiation, remote: Hello): MeshLink {
    return {
      neighbour,
      negotiation,
      remote,
      establishedAtMs: this.#config.clock.now(),
      meter: createLinkMeter({
        measures: isActive(negotiation, 'EnhancedRouting'),
        energy: () => this.#config.energy(),
      }),
      traffic: createTraffic(),
      port: null,
      arrivals: this.#config.accounts?.arrivals(neighbour.link.remoteKey) ?? null,
      account: null,
    };
  }

  #place(link: MeshLink): void {
    const key = byteKey(link.neighbour.link.remoteKey);
    const present = this.#active.get(key);
    if (present === undefined) {
      const linksMax = placesFor(link.neighbour.link);
      if (this.#active.size < linksMax) this.#activate(key, link);
      else link.neighbour.close(new BitcrapsError('MESH_LINKS_FULL', { linksMax }));
      return;
    }
    const order = compareBytes(
      link.neighbour.link.channelBinding,
      present.neighbour.link.channelBinding,
    );
    if (order < 0) {
      // The new one wins, and it has just proved to be alive.
      this.#standby.get(key)?.neighbour.close(duplicate(link));
      this.#standby.set(key, link);
      present.neighbour.close(duplicate(present));
      return;
    }
    if (this.#standby.has(key)) {
      link.neighbour.close(duplicate(link));
      return;
    }
    this.#standby.set(key, link);
    present.neighbour.probe(Math.min(PROBE_MS_MAX, this.#config.failureTimeoutMs));
  }

  #activate(key: ByteKey, link: MeshLink): void {
    const port = this.#ports.take(key);
    if (port === null) {
      link.neighbour.close(new BitcrapsError('MESH_LINKS_FULL', { linksMax: LINKS_MAX }));
      return;
    }
    link.port = port;
    link.account = this.#config.accounts?.open(link.neighbour.link.remoteKey) ?? null;
    this.#active.set(key, link);
    this.#byPort.set(port, link);
    this.#config.handlers.up(link, port);
    this.#nudge();
  }

  /**
   * A link came or went: this node may have moved, or others. Asks all links who is still there, now or as soon as it may
   * be asked again, so that what changed together is noticed, and told, together.
   */
  #nudge(): void {
    const { clock } = this.#config;
    if (this.#stopped || this.#nudging !== null) return;
    const nowMs = clock.now();
    if (this.#nudges.take(nowMs)) {
      for (const { neighbour } of this.#active.values()) neighbour.nudge();
      return;
    }
    this.#nudging = clock.after(this.#nudges.waitMs(nowMs), () => {
      this.#nudging = null;
      this.#nudge();
    });
  }

  #measured(link: MeshLink, roundTripMs: number, queueMs: number): void {
    if (link.port === null) return;
    const rival = this.#standby.get(byteKey(link.neighbour.link.remoteKey));
    rival?.neighbour.close(duplicate(rival));
    const atMs = this.#config.clock.now();
    if (link.meter.measured({ atMs, roundTripMs, queueMs })) {
      this.#config.handlers.reweighed(link, link.port);
    }
  }

  #closed(link: MeshLink, reason: NeighbourClose): void {
    const key = byteKey(link.neighbour.link.remoteKey);
    if (this.#standby.get(key) === link) this.#standby.delete(key);
    const { port } = link;
    if (port === null) {
      this.#config.handlers.refused(link.neighbour.link, reason);
      return;
    }
    link.port = null;
    link.account?.close();
    link.account = null;
    this.#active.delete(key);
    this.#byPort.delete(port);
    this.#ports.release(port);
    this.#config.handlers.down(link, port, reason);
    // That a suspect link ends is no news.
    if (!link.neighbour.suspect) this.#nudge();
    if (this.#stopped) return;
    const successor = this.#standby.get(key);
    if (successor !== undefined) {
      this.#standby.delete(key);
      this.#activate(key, successor);
    }
    this.#config.handlers.over(link, port);
  }
}

/** Of `LINKS_MAX`. */
function placesFor(link: Link): number {
  return link.role === 'listener' ? LINKS_MAX - DIALLED_RESERVED : LINKS_MAX;
}

function duplicate({ neighbour }: MeshLink): BitcrapsError {
  return new BitcrapsError('MESH_LINK_DUPLICATE', {
    neighbour: peerIdShort(neighbour.link.remoteKey),
  });
}

function ignore(): void {}
