// Boots a node on this operating system from its settings and its state folder, and takes it down again.

import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BitcrapsError, unwrap } from '../../core/errors.ts';
import { parseAmount } from '../../core/amount.ts';
import { utf8 } from '../../core/bytes.ts';
import { parsePeerId, peerIdText } from '../../core/peer-id.ts';
import { parseDuration } from '../../core/units.ts';
import type { Clock } from '../../env/clock.ts';
import type { Identity } from '../../crypto/signing.ts';
import type { Listener } from '../../env/link.ts';
import type { Store } from '../../env/store.ts';
import { answerControl } from '../../node/control.ts';
import { createAdmissionGate, type NodeGate } from '../../gateway/admission/gate.ts';
import { openOwnPrice, type OwnPrice } from '../../gateway/accounting/own-price.ts';
import type { Listening } from '../../node/report.ts';
import { parseDialTarget, type DialTarget } from '../../node/dialing.ts';
import { createNode, type CasinoNode, type NodeConfig, type NodeDeps } from '../../node/node.ts';
import type { NodeEvent } from '../../node/node-event.ts';
import { createDhtRecords } from '../../platform/dht/dht-records.ts';
import { startBootstrapNode, startDhtNode, type DhtNode } from '../../platform/dht/dht-node.ts';
import { createMdns } from '../../platform/discovery/mdns.ts';
import { createTransports, transportOf, type Transport } from '../../platform/links/transports.ts';
import { batteryEnergy } from '../../platform/node/battery.ts';
import { serveControl, type ControlServer } from '../../platform/node/control-socket.ts';
import { watchLoopDelay } from '../../platform/node/loop-delay.ts';
import { createLogger, type NodeLogger } from '../../platform/node/logger.ts';
import { createMetrics, type NodeMetrics } from '../../platform/node/metrics.ts';
import { serveMetrics } from '../../platform/node/metrics-server.ts';
import { primitives } from '../../platform/node/primitives.ts';
import { releaseMemory } from '../../platform/node/release-memory.ts';
import { systemRng } from '../../platform/node/rng.ts';
import { slowHash } from '../../platform/node/slow-hash.ts';
import { openSqliteStore } from '../../platform/node/sqlite-store.ts';
import { lockState, type StateLock } from '../../platform/node/state-lock.ts';
import { zstd } from '../../platform/node/zstd.ts';
import { parseVersion } from '../../versioning/protocol-version.ts';
import { locationOf } from '../config/place.ts';
import { shapingLimits } from '../config/bandwidth-settings.ts';
import { admissionLimits } from '../config/limit-settings.ts';
import { capacityOf, priceTable, selectionCriteria } from '../config/selection-settings.ts';
import { powerConfig } from '../config/power-settings.ts';
import { resilienceOf } from '../config/resilience-settings.ts';
import type { Settings } from '../config/settings.ts';
import { controlSocketPath, makePrivateFolder } from '../state-folder.ts';
import { alertSinks } from './alert-sinks.ts';
import { changeRunning, type Changed } from './change-running.ts';
import { createEventQueue } from './event-queue.ts';
import { loadIdentity } from './identity.ts';
import { listenKeepingPort } from './ports.ts';

const BOOT_EPOCH_KEY = utf8('node/boot-epoch');

/** A node that listens; it dials and plays once `go` is called. */
export interface BootedNode {
  readonly node: CasinoNode;
  readonly peerId: string;
  readonly listening: Listening;
  /** Dials `join` and `gatewayJoin`, and follows `casino` unless it is empty. */
  go(join: readonly string[], gatewayJoin: readonly string[], casino: string): void;
  /** Takes what may change from other settings; rejects as `changeRunning` does. */
  change(settings: Settings): Promise<Changed>;
  stop(): Promise<void>;
}

/** What its starter does when a running node is asked for it. */
export interface NodeRequests {
  readonly stop: () => void;
  /** Reads what may change again; rejects with what is wrong with it. */
  readonly reload: () => Promise<Changed>;
}

interface Ground {
  readonly ownPrice: OwnPrice | null;
  readonly clock: Clock;
  readonly lock: StateLock;
  readonly store: Store;
  readonly dht: DhtNode | null;
  readonly transports: Transport;
  readonly gate: NodeGate;
  readonly metrics: NodeMetrics;
  readonly logger: NodeLogger;
}

/**
 * Errors (thrown): `PLATFORM_STATE_LOCKED`, `STORE_CORRUPT`, those of the keystore, `LINK_ADDRESS_IN_USE`, and those of
 * the casino's ledger. Whatever was begun is undone.
 */
export async function bootNode(
  folder: string,
  settings: Settings,
  requests: NodeRequests,
  clock: Clock,
): Promise<BootedNode> {
  makePrivateFolder(folder);
  const undo: (() => unknown)[] = [];
  try {
    const lock = lockState(folder);
    undo.push(() => lock.release());
    const logger = createLogger({ level: settings.logLevel, pretty: process.stderr.isTTY });
    const store = openSqliteStore(join(folder, 'node.db'));
    undo.push(() => store.close());
    const bootEpoch = await nextBootEpoch(store, clock);
    const { identity, proof } = loadIdentity(folder, settings, primitives, systemRng);
    const metrics = createMetrics();
    const gate = createAdmissionGate(
      { self: identity.publicKey, limits: admissionLimits(settings) },
      {
        primitives,
        clock,
        rng: systemRng,
        metrics,
        onCalm: () => void releaseMemory(),
      },
    );
    undo.push(watchLoopDelay((delayMs) => gate.observeDelay(delayMs)));
    const dht = await openDht(settings);
    if (dht !== null) undo.push(() => dht.close());
    const transports = createTransports({
      primitives,
      identity,
      clock,
      rng: systemRng,
      logger,
      gate,
      origins: settings.pageOrigins.length === 0 ? null : settings.pageOrigins,
      ...(dht === null ? {} : { dht }),
    });
    undo.push(() => transports.close());
    const ownPrice = settings.gateway
      ? await openOwnPrice(
          { primitives, identity, store, bootEpoch },
          clock.wallMs(),
          priceTable(settings),
        )
      : null;
    const node = createNode(nodeConfig(settings, identity, proof, clock.wallMs()), {
      primitives,
      clock,
      rng: systemRng,
      logger,
      metrics,
      compressor: zstd,
      slowHash,
      dialer: transports.dialer,
      gate,
      store,
      bootEpoch,
      ...surroundings(settings),
      ...(ownPrice === null ? {} : { ownPrice }),
      ...(dht === null
        ? {}
        : { dht: createDhtRecords({ primitives, node: dht, networkId: settings.networkId }) }),
    });
    undo.push(() => node.stop());
    return await openDoors(
      { clock, lock, store, dht, transports, gate, metrics, logger, ownPrice },
      node,
      folder,
      settings,
      requests,
    );
  } catch (error) {
    for (const step of undo.toReversed()) await step();
    throw error;
  }
}

/** What the settings say of the node itself. */
function nodeConfig(
  settings: Settings,
  identity: Identity,
  proof: Uint8Array,
  wallMs: number,
): NodeConfig {
  return {
    identity,
    proof,
    name: settings.name,
    networkId: settings.networkId,
    meshName: settings.meshName,
    version: unwrap(parseVersion(settings.version)),
    proofBits: settings.proofBits,
    gateway: settings.gateway,
    policy: settings.policy,
    attributes: {
      relays: !settings.leaf,
      location: locationOf(settings.position, settings.mobility, wallMs),
    },
    selection: selectionCriteria(settings),
    bandwidth: shapingLimits(settings),
    gatewayCapacity: capacityOf(settings),
    gatewayTransports: [settings.gatewayListen, ...settings.gatewayAlsoListen].map(transportOf),
    power: powerConfig(settings),
    ...unwrap(resilienceOf(settings)),
  };
}

async function openDoors(
  ground: Ground,
  node: CasinoNode,
  folder: string,
  settings: Settings,
  requests: NodeRequests,
): Promise<BootedNode> {
  const { listen } = ground.transports;
  if (settings.validator) unwrap(await node.runCasino(settings.casinoName, tableOptions(settings)));
  const mesh = await listenKeepingPort(folder, 'mesh', settings.listen, listen, (link) =>
    node.acceptMesh(link),
  );
  const gateway: Listener | null = settings.gateway
    ? await listenKeepingPort(folder, 'gateway', settings.gatewayListen, listen, (link) =>
        node.acceptBridge(link),
      )
    : null;
  const others: Listener[] = [];
  for (const address of settings.alsoListen) {
    others.push(await listen(address, (link) => node.acceptMesh(link)));
  }
  // Other gateways know of it, by its members' homes, no more than its key.
  const byKey = ground.dht === null ? [] : ['dht:'];
  for (const address of settings.gateway ? [...settings.gatewayAlsoListen, ...byKey] : []) {
    others.push(await listen(address, (link) => node.acceptBridge(link)));
  }
  const listening: Listening = {
    listen: mesh.address,
    gatewayListen: gateway?.address ?? null,
    alsoListen: others.map(({ address }) => address),
  };
  const metrics =
    settings.metricsListen === ''
      ? null
      : await serveMetrics(settings.metricsListen, ground.metrics);
  const control = await openControl(ground.clock, node, folder, listening, requests);
  const peerId = peerIdText(node.mesh.self);
  ground.logger.info('listening', {
    peer: peerId,
    address: listening.listen,
    gateway: listening.gatewayListen,
    also: listening.alsoListen.join(' '),
    metrics: metrics?.address ?? null,
  });
  if (settings.discover) await lookAround(ground, node, listening);
  return {
    node,
    peerId,
    listening,
    go(joins, gatewayJoins, casino) {
      node.connect(targets(joins));
      node.bridgeTo(targets(gatewayJoins));
      if (casino === '' || settings.validator) return;
      const style = { paceMs: unwrap(parseDuration(settings.pace)), companyMin: settings.company };
      node.follow(unwrap(parsePeerId(casino)), settings.bot === 'none' ? null : style);
    },
    async change(settings) {
      const shaper = node.gateway?.shaper ?? null;
      const changed = await changeRunning({ ...ground, shaper }, settings);
      const { nextPrice, ...limits } = changed;
      ground.logger.info('limits-changed', { ...limits, ...shapingLimits(settings) });
      if (nextPrice !== null) ground.logger.info('price-announced', { ...nextPrice });
      return changed;
    },
    async stop() {
      await control.close();
      await metrics?.close();
      await node.stop();
      await mesh.close();
      await gateway?.close();
      for (const listener of others) await listener.close();
      await ground.transports.close();
      await ground.dht?.close();
      await ground.store.close();
      await ground.logger.flush();
      ground.lock.release();
    },
  };
}

/** Where alerts go, and where energy comes from. */
function surroundings(
  settings: Settings,
): Pick<NodeDeps, 'alertSinks' | 'alertSeverityMin' | 'energy'> {
  return {
    alertSinks: alertSinks(settings),
    alertSeverityMin: settings.notify,
    ...(settings.energySource === 'auto' ? { energy: batteryEnergy() } : {}),
  };
}

/** The node's part in the distributed table, `null` if it has none. */
function openDht({ dhtServe, dhtListen, dhtBootstrap }: Settings): Promise<DhtNode | null> {
  if (dhtServe !== '') return startBootstrapNode({ listen: dhtServe, peers: dhtBootstrap });
  if (dhtBootstrap.length === 0) return Promise.resolve(null);
  return startDhtNode({ listen: dhtListen, bootstrap: dhtBootstrap });
}

/** A network without multicast is no reason to stop. */
async function lookAround(
  { logger, clock }: Ground,
  node: CasinoNode,
  listening: Listening,
): Promise<void> {
  const { networkId, meshName } = node.config;
  const discover = createMdns({
    primitives,
    clock,
    rng: systemRng,
    logger,
    publicKey: node.mesh.self,
    networkId,
    meshName,
  });
  try {
    await node.joinNearby(discover, [listening.listen, ...listening.alsoListen]);
  } catch (error) {
    if (!(error instanceof BitcrapsError)) throw error;
    logger.warn('discovery-unavailable', { code: error.code, detail: error.message });
  }
}

function targets(joins: readonly string[]): readonly DialTarget[] {
  return joins.map((text) => unwrap(parseDialTarget(text)));
}

function tableOptions(settings: Settings): Parameters<CasinoNode['runCasino']>[1] {
  return {
    bankroll: unwrap(parseAmount(settings.bankroll)),
    stakeMin: unwrap(parseAmount(settings.stakeMin)),
    shooterTimeoutMs: unwrap(parseDuration(settings.shooterTimeout)),
    field12x3: settings.field12x3,
  };
}

/**
 * Durable before anything is signed with it: a number is never used twice. At least the seconds of the wall clock, so
 * that a node whose database was lost is newer than what others remember of it.
 */
async function nextBootEpoch(store: Store, clock: Clock): Promise<number> {
  const stored = store.get(BOOT_EPOCH_KEY);
  const last =
    stored === undefined ? 0 : new DataView(stored.buffer, stored.byteOffset).getUint32(0);
  const epoch = Math.max(last + 1, Math.floor(clock.wallMs() / 1000));
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, epoch);
  await store.write([{ kind: 'put', key: BOOT_EPOCH_KEY, value }]);
  return epoch;
}

function openControl(
  clock: Clock,
  node: CasinoNode,
  folder: string,
  listening: Listening,
  requests: NodeRequests,
): Promise<ControlServer> {
  const deps = { node, clock, listening };
  return serveControl(controlSocketPath(folder), ({ method, params }) => {
    switch (method) {
      case 'stop':
        requests.stop();
        return Promise.resolve({});
      case 'reload-limits':
        return requests.reload();
      case 'events':
        return Promise.resolve(
          createEventQueue<NodeEvent>((listener) => node.events.listen(listener)),
        );
      case 'transcript':
        return Promise.resolve(writeTranscript(node, params));
      default:
        return answerControl(deps, method, params);
    }
  });
}

function writeTranscript(
  node: CasinoNode,
  params: unknown,
): { readonly path: string; readonly bytes: number } {
  const { casino } = node;
  if (casino.kind === 'none')
    throw new BitcrapsError('NODE_CONTROL_LACKING', { what: 'run a casino' });
  const path =
    typeof params === 'object' && params !== null && 'path' in params ? params.path : undefined;
  if (typeof path !== 'string') {
    throw new BitcrapsError('NODE_CONTROL_ARGUMENT', { argument: 'path', expected: 'a path' });
  }
  const bytes =
    casino.kind === 'validator' ? casino.local.transcript() : casino.client.transcript();
  try {
    writeFileSync(path, bytes, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new BitcrapsError('CLI_FILE_UNWRITABLE', { path, detail });
  }
  return { path: resolve(path), bytes: bytes.length };
}
