// What `bitcraps up` and the nodes it started say to each other over Node's IPC channel.
// The channel is also the tether: when it breaks, the supervisor is gone and the node ends itself.

/** From a node, once it listens. */
export interface ReadyMessage {
  readonly kind: 'ready';
  readonly peerId: string;
  readonly listen: string;
  /** Where other gateways connect; `null` for nodes that are no gateway. */
  readonly gatewayListen: string | null;
}

/** To a node, once all listen: whom to dial and which casino to follow. */
export interface GoMessage {
  readonly kind: 'go';
  readonly join: readonly string[];
  readonly gatewayJoin: readonly string[];
  readonly casino: string;
}

/** To a node: its wall clock is wrong by so much from now on. Only `bitcraps chaos` says that. */
export interface SkewMessage {
  readonly kind: 'skew';
  readonly byMs: number;
}

/** To a node: end in good order. */
export interface StopMessage {
  readonly kind: 'stop';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

export function isReady(value: unknown): value is ReadyMessage {
  return (
    isRecord(value) &&
    value['kind'] === 'ready' &&
    typeof value['peerId'] === 'string' &&
    typeof value['listen'] === 'string' &&
    (value['gatewayListen'] === null || typeof value['gatewayListen'] === 'string')
  );
}

export function isGo(value: unknown): value is GoMessage {
  return (
    isRecord(value) &&
    value['kind'] === 'go' &&
    isTexts(value['join']) &&
    isTexts(value['gatewayJoin']) &&
    typeof value['casino'] === 'string'
  );
}

export function isStop(value: unknown): value is StopMessage {
  return isRecord(value) && value['kind'] === 'stop';
}

export function isSkew(value: unknown): value is SkewMessage {
  return isRecord(value) && value['kind'] === 'skew' && typeof value['byMs'] === 'number';
}
