// Where a packet of this node goes, and why it cannot.

import type { Route } from '../routing/route-planner.ts';
import type { Bridge } from './bridge.ts';

export type RouteErrorCode = 'MESH_NO_ROUTE' | 'MESH_FEATURE_LACKING' | 'ROUTING_ROUTE_TOO_LONG';

/** Where a packet for a destination goes. */
export type Plan =
  | { readonly kind: 'direct'; readonly route: Route }
  | { readonly kind: 'gateway'; readonly gateway: Uint8Array; readonly route: Route }
  /** This node is the gateway. */
  | { readonly kind: 'bridge'; readonly bridge: Bridge };
