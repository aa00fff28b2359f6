// What a node and another member say to each other: sessions, messages by protocol, and what became of their packets. Links
// and link state are the mesh's; here the mesh between is a switch that takes packets.

import { assert } from '../core/assert.ts';
import { bytesEqual } from '../core/bytes.ts';
import { fail, ok, type Result } from '../core/errors.ts';
import { peerIdShort } from '../core/peer-id.ts';
import type { Route, RoutePlanner } from '../routing/route-planner.ts';
import { HELLO_FRAME_BYTES_MIN } from '../versioning/hello.ts';
import { FLAG_WAY_LEFT, PacketType, type DecodedPacketHeader } from '../wire/packet.ts';
import { TrafficClass } from '../wire/traffic-class.ts';
import type { FlowFeedback } from './flow-feedback.ts';
import { Flows } from './flows.ts';
import type { MeshConfig, MeshDeps, MeshMessage, MeshSendErrorCode } from './mesh-contract.ts';
import { meshHello } from './mesh-hello.ts';
import type { DeliverDropCode, SwitchErrorCode } from './packet-switch-config.ts';
import type { PacketSwitch } from './packet-switch.ts';
import type { SessionInfo } from './peer-sessions.ts';
import { ReadyWays } from './ready-ways.ts';
import { SessionTable } from './session-table.ts';
import {
  CONFIRMING_PROTOCOL,
  PAYLOAD_BYTES_MAX,
  PROTOCOL_MAX,
  REPORT_PROTOCOL,
} from './session.ts';
import type { TrafficMeter } from './traffic.ts';
import { decodeUnreachable } from './unreachable.ts';

export interface EndToEndParts {
  readonly routes: RoutePlanner;
  readonly meter: TrafficMeter;
  /** Asked when something is sent or came: it is made after this. */
  packetSwitch(): PacketSwitch;
  /** How much rarer probes are, to save energy. */
  stretch(): number;
}

export class EndToEnd {
  readonly #config: MeshConfig;
  readonly #deps: MeshDeps;
  readonly #parts: EndToEndParts;
  readonly #sessions: SessionTable<SwitchErrorCode>;
  readonly #flows: Flows;
  readonly ways: ReadyWays;
  readonly #wayLeft: ((peer: Uint8Array) => void)[] = [];
  readonly #silences: ((peer: Uint8Array, isSilent: boolean) => void)[] = [];
  /** While a probe is sent: its way, and the flow that it was sent under. */
  #probed: Route | null = null;
  #probedFlow: number | null = null;
  readonly #receivers = new Map<number, (message: MeshMessage) => void>();
  readonly #unreachable: ((destination: Uint8Array, code: string) => void)[] = [];
  #stopped = false;

  constructor(config: MeshConfig, deps: MeshDeps, parts: EndToEndParts) {
    const { identity, networkId } = config;
    const { primitives, clock, rng, logger, compressor } = deps;
    this.#config = config;
    this.#deps = deps;
    this.#parts = parts;
    this.#sessions = new SessionTable({
      primitives,
      clock,
      rng,
      logger,
      compressor,
      identity,
      staticSecret: primitives.signSecretToX25519(identity.secretKey),
      networkId,
      hello: () => meshHello(config, rng, HELLO_FRAME_BYTES_MIN),
      sendHandshake: (peer, body) => this.#sendHandshake(peer, body),
      sendData: (peer, body, flowId, isReported, protocol) => {
        const over = this.#probed;
        const follow = (flow: number, packetId: bigint, route: Route | null): void => {
          if (!isReported) return;
          this.#flows.sent(peer, flow, packetId, body.length);
          if (over !== null) this.#probedFlow = flow;
          else if (route !== null) this.ways.sent(peer, route, flow, protocol);
        };
        return this.#switch.originate(peer, PacketType.data, body, flowId, {
          follow,
          trafficClass: this.#trafficClass(protocol),
          ...(over === null ? {} : { over }),
        });
      },
      deliver: (source, protocol, payload) => this.#hand(source, protocol, payload),
      failed: (peer, code) => this.tellUnreachable(peer, code),
    });
    this.ways = new ReadyWays(config, {
      clock,
      routes: parts.routes,
      probe: (peer, over) => this.#probe(peer, over),
      stretch: () => parts.stretch(),
      left: (peer) => {
        for (const listener of this.#wayLeft) listener(peer);
      },
      silenced: (peer, isSilent) => {
        for (const listener of this.#silences) listener(peer, isSilent);
      },
    });
    this.#flows = new Flows(
      clock,
      (peer, payload) => void this.#sessions.send(peer, REPORT_PROTOCOL, payload),
      (peer, flowId) => this.ways.overdue(peer, flowId),
    );
    this.#flows.listen(({ destination, flowId, ...feedback }) => {
      parts.routes.feedback(destination, flowId, feedback);
    });
    this.#flows.listen((feedback) => this.ways.feedback(feedback));
  }

  /** As `Mesh.send`. */
  send(
    destination: Uint8Array,
    protocol: number,
    payload: Uint8Array,
  ): Result<void, MeshSendErrorCode> {
    assert(protocol > CONFIRMING_PROTOCOL && protocol <= PROTOCOL_MAX, 'a protocol is 1…65534');
    if (this.#stopped) return fail('MESH_STOPPED', {});
    if (payload.length > PAYLOAD_BYTES_MAX) {
      const data = { bytes: payload.length, bytesMax: PAYLOAD_BYTES_MAX };
      return fail('MESH_PAYLOAD_TOO_LONG', data);
    }
    const self = this.#config.identity.publicKey;
    if (bytesEqual(destination, self)) {
      const copy = payload.slice();
      this.#deps.clock.after(0, () => this.#hand(self, protocol, copy));
      return ok(undefined);
    }
    const plan = this.#switch.plan(destination, null);
    return plan.ok ? this.#sessions.send(destination, protocol, payload) : plan;
  }

  handle(protocol: number, receive: (message: MeshMessage) => void): void {
    assert(protocol > CONFIRMING_PROTOCOL && protocol <= PROTOCOL_MAX, 'a protocol is 1…65534');
    assert(!this.#receivers.has(protocol), 'a protocol has one receiver');
    this.#receivers.set(protocol, receive);
  }

  onUnreachable(listener: (destination: Uint8Array, code: string) => void): void {
    this.#unreachable.push(listener);
  }

  onFeedback(listener: (feedback: FlowFeedback) => void): void {
    this.#flows.listen(listener);
  }

  onWayLeft(listener: (destination: Uint8Array) => void): void {
    this.#wayLeft.push(listener);
  }

  onSilence(listener: (destination: Uint8Array, isSilent: boolean) => void): void {
    this.#silences.push(listener);
  }

  sessions(): readonly SessionInfo[] {
    return this.#sessions.list();
  }

  /** A packet for this node, by the link of `port`; a code if it was of no use. */
  deliver(
    header: DecodedPacketHeader,
    body: Uint8Array,
    port: number | null,
  ): DeliverDropCode | null {
    switch (header.type) {
      case PacketType.data:
        return this.#sessions.receiveData(header.source, body, () => this.#opened(header, port));
      case PacketType.handshake:
        return this.#sessions.receiveHandshake(header.source, body);
      case PacketType.unreachable: {
        const notice = decodeUnreachable(body);
        if (notice === null) return 'MESH_BODY_MALFORMED';
        this.tellUnreachable(notice.destination, notice.code);
        return null;
      }
      default:
        return 'WIRE_PACKET_TYPE';
    }
  }

  tellUnreachable(destination: Uint8Array, code: string): void {
    for (const listener of this.#unreachable) listener(destination, code);
  }

  /** Call it every few seconds. */
  sweep(): void {
    this.#sessions.sweep();
  }

  stop(): void {
    this.#stopped = true;
    this.ways.stop();
    this.#flows.stop();
    this.#sessions.stop();
  }

  /** A packet came whose seal holds, before what is in it is handed on. */
  #opened(header: DecodedPacketHeader, port: number | null): void {
    if ((header.flags & FLAG_WAY_LEFT) !== 0 && port !== null) this.ways.told(header.source, port);
    this.#flows.received(header);
  }

  #probe(peer: Uint8Array, over: Route): number | null {
    this.#probed = over;
    this.#probedFlow = null;
    this.#sessions.probe(peer);
    this.#probed = null;
    return this.#probedFlow;
  }

  get #switch(): PacketSwitch {
    return this.#parts.packetSwitch();
  }

  #sendHandshake(peer: Uint8Array, body: Uint8Array): void {
    const sent = this.#switch.originate(peer, PacketType.handshake, body, 0);
    if (sent.ok) return;
    const data = { peer: peerIdShort(peer), code: sent.error.code };
    this.#deps.logger.debug('handshake-not-sent', data);
  }

  /** What confirms a session and reports on flows is the mesh's own. */
  #trafficClass(protocol: number): TrafficClass {
    const isOwn = protocol === CONFIRMING_PROTOCOL || protocol === REPORT_PROTOCOL;
    if (isOwn) return TrafficClass.control;
    return this.#config.trafficClasses?.get(protocol) ?? TrafficClass.unspecified;
  }

  #hand(source: Uint8Array, protocol: number, payload: Uint8Array): void {
    if (this.#stopped) return;
    const receive = this.#receivers.get(protocol);
    if (protocol === REPORT_PROTOCOL) this.#flows.report(source, payload);
    else if (receive === undefined) this.#parts.meter.dropped('MESH_PROTOCOL_UNKNOWN', null);
    else receive({ source, payload });
  }
}
