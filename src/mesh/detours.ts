// Ways round what does not carry packets: for one that met a dead link on its way, and for one whose gateway knows nobody.

import { bytesEqual, concat } from '../core/bytes.ts';
import { DETOURS_MAX } from '../routing/forwarder.ts';
import type { Avoided, Route, RoutePlanner } from '../routing/route-planner.ts';
import {
  decodeFailedLinks,
  encodeFailedLinks,
  FAILED_LINKS_MAX,
  OWNER_PREFIX_BYTES,
  type FailedLink,
} from '../wire/failed-links.ts';
import {
  detourCount,
  replaceRoute,
  setFlags,
  withDetourCount,
  type DecodedPacketHeader,
} from '../wire/packet.ts';
import { ROUTE_BYTES_MAX } from '../wire/ports.ts';
import type { ChooseGateway } from './bridge.ts';

/** A gateway that cannot help hands a packet on to another one at most so often: they may know no more. */
const GATEWAY_DETOURS_MAX = 1;
/** Gateways that are tried for a packet whose own one cannot be reached, the nearest first. */
const GATEWAYS_TRIED_MAX = 8;
const NO_ROUTE: Uint8Array = new Uint8Array(0);

export interface DetoursConfig {
  /** PeerId. */
  readonly self: Uint8Array;
  readonly routes: RoutePlanner;
  readonly chooseGateway: ChooseGateway;
  /** Whether the own link of this port carries packets. */
  isUsable(port: number): boolean;
}

export class Detours {
  readonly #config: DetoursConfig;

  constructor(config: DetoursConfig) {
    this.#config = config;
  }

  /** Whether something but the own link of `port` leads to `peer`. */
  leadTo(peer: Uint8Array, port: number): boolean {
    return this.#config.routes.detourTo(peer, this.#avoided([], port)) !== null;
  }

  /** The packet with a route to another gateway of this mesh; `null` if there is none, or it took a detour before. */
  toOtherGateway(header: DecodedPacketHeader, packet: Uint8Array): Uint8Array | null {
    const detours = detourCount(header.flags);
    if (detours >= GATEWAY_DETOURS_MAX) return null;
    const { routes, chooseGateway } = this.#config;
    // A gateway that sent it would have taken it across itself.
    const gateway = chooseGateway(header.destination, header.flowId, header.source);
    const route = gateway === null ? null : routes.cheapestTo(gateway);
    if (route === null || !route.ok) return null;
    const detoured = replaceRoute(packet, route.value.encoded);
    setFlags(detoured, withDetourCount(header.flags, detours + 1));
    return detoured;
  }

  /**
   * The packet with the best way from here that avoids the own link of `port`, others that do not answer, and the failed
   * links that it names; `null` if there is none, or it took its detours. To its destination where that is in this
   * mesh, else to the nearest gateway: there the names are left out, since older gateways expect the route to end.
   */
  around(header: DecodedPacketHeader, packet: Uint8Array, port: number): Uint8Array | null {
    const detours = detourCount(header.flags);
    if (detours >= DETOURS_MAX) return null;
    const { routes } = this.#config;
    const avoided = this.#avoided(decodeFailedLinks(header.route) ?? [], port);
    const direct = routes.detourTo(header.destination, avoided);
    const route = direct ?? this.#toGateway(header, avoided);
    if (route === null) return null;
    const names = direct === null ? NO_ROUTE : encodeFailedLinks(avoided.links);
    const fits = route.encoded.length + names.length <= ROUTE_BYTES_MAX;
    const detoured = replaceRoute(packet, fits ? concat(route.encoded, names) : route.encoded);
    setFlags(detoured, withDetourCount(header.flags, detours + 1));
    return detoured;
  }

  /** The best detour to the gateway that is chosen for the packet; where there is none, to the nearest that has one. */
  #toGateway(header: DecodedPacketHeader, avoided: Avoided): Route | null {
    const { routes, chooseGateway } = this.#config;
    const chosen = chooseGateway(header.destination, header.flowId, null);
    const route = chosen === null ? null : routes.detourTo(chosen, avoided);
    if (route !== null) return route;
    for (const { peer } of routes.gateways().slice(0, GATEWAYS_TRIED_MAX)) {
      if (chosen !== null && bytesEqual(peer, chosen)) continue;
      const other = routes.detourTo(peer, avoided);
      if (other !== null) return other;
    }
    return null;
  }

  /** The failed links that a packet names and the own one of `port`, as many as a packet may name. */
  #avoided(named: readonly FailedLink[], port: number): Avoided {
    const own = { owner: this.#config.self.slice(0, OWNER_PREFIX_BYTES), port };
    return {
      links: [...named, own].slice(-FAILED_LINKS_MAX),
      isUsable: (other) => other !== port && this.#config.isUsable(other),
    };
  }
}
