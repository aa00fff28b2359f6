// Every setting of a node in one table: its key in the file, its flag, its default with the reason, its check.
// `config init`, `config show`, `config check`, the flags of `bitcraps node` and the parser all read this table.

import * as z from 'zod';
import { CURRENT, formatVersion } from '../../versioning/protocol-version.ts';
import type { PolicyName } from '../../routing/policies/route-policy.ts';
import { BANDWIDTH_SETTINGS, type BandwidthSettings } from './bandwidth-settings.ts';
import { HEALTH_SETTINGS, type HealthSettings } from './health-settings.ts';
import { LIMIT_SETTINGS, type LimitSettings } from './limit-settings.ts';
import { POWER_SETTINGS, type PowerSettings } from './power-settings.ts';
import { RESILIENCE_SETTINGS, type ResilienceSettings } from './resilience-settings.ts';
import { SELECTION_SETTINGS, type SelectionSettings } from './selection-settings.ts';
import { parseMobility, parsePosition } from './place.ts';
import { checkWith, type Setting } from './setting.ts';
import {
  address,
  addressOrNone,
  addresses,
  amount,
  duration,
  flag,
  givenName,
  joins,
  name,
  origins,
  peer,
  version,
  JOINS_MAX,
} from './values.ts';

/**
 * What a node runs with. Addresses are `host:port` for TLS, else the transport's word before it, `ws:host:port`; those to
 * join may be prefixed with `PEERID@`.
 */
export interface Settings
  extends
    LimitSettings,
    SelectionSettings,
    BandwidthSettings,
    ResilienceSettings,
    HealthSettings,
    PowerSettings {
  readonly networkId: string;
  readonly proofBits: number;
  readonly name: string;
  readonly version: string;
  readonly preset: 'local' | 'lan' | 'wan' | 'default';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly metricsListen: string;
  readonly drain: string;
  readonly pageOrigins: readonly string[];
  readonly passphraseFile: string;
  readonly meshName: string;
  readonly policy: PolicyName;
  readonly leaf: boolean;
  readonly discover: boolean;
  readonly position: string;
  readonly mobility: string;
  readonly listen: string;
  readonly alsoListen: readonly string[];
  readonly join: readonly string[];
  readonly gateway: boolean;
  readonly gatewayListen: string;
  readonly gatewayAlsoListen: readonly string[];
  readonly gatewayJoin: readonly string[];
  readonly dhtBootstrap: readonly string[];
  readonly dhtListen: string;
  readonly dhtServe: string;
  readonly validator: boolean;
  readonly casino: string;
  readonly casinoName: string;
  readonly bankroll: string;
  readonly stakeMin: string;
  readonly field12x3: boolean;
  readonly shooterTimeout: string;
  readonly bot: 'none' | 'regular';
  readonly pace: string;
  readonly company: number;
}

export type SettingName = keyof Settings;

/** The table. Order is the order in the file; the part of the key before the dot is its section. */
export const SETTINGS: { readonly [K in SettingName]: Setting<Settings[K]> } = {
  networkId: {
    key: 'network.id',
    form: 'text',
    flag: 'network',
    valueName: 'ID',
    default: 'bitcraps',
    comment: 'The network this node belongs to. Nodes of different networks refuse each other.',
    check: checkWith(givenName),
  },
  proofBits: {
    key: 'network.proof_bits',
    form: 'number',
    flag: 'proof-bits',
    valueName: 'N',
    default: 6,
    comment:
      'Leading zero bits of the proof of work asked of every peer (0 to 24); all nodes of a network must agree. Each bit doubles the one-time cost; 6 take about a second.',
    check: checkWith(z.int('a whole number').min(0, 'at least 0').max(24, 'at most 24')),
  },
  name: {
    key: 'node.name',
    form: 'text',
    flag: 'name',
    valueName: 'NAME',
    default: '',
    comment: 'A name for people, shown in logs and status. It proves nothing.',
    check: checkWith(name),
  },
  version: {
    key: 'node.version',
    form: 'text',
    flag: 'protocol',
    valueName: 'VERSION',
    default: formatVersion(CURRENT),
    comment: 'The highest protocol version to offer. Lower it to test against older nodes.',
    check: checkWith(version),
  },
  preset: {
    key: 'node.preset',
    form: 'text',
    flag: 'preset',
    valueName: 'PRESET',
    default: 'lan',
    comment:
      'Timeouts for failure detection: local (one machine), lan (one building), wan (the internet), or default (phones on unknown networks).',
    check: checkWith(z.enum(['local', 'lan', 'wan', 'default'], 'local, lan, wan or default')),
  },
  logLevel: {
    key: 'node.log_level',
    form: 'text',
    flag: 'log-level',
    valueName: 'LEVEL',
    default: 'info',
    comment: 'The least level to log: debug, info, warn or error.',
    check: checkWith(z.enum(['debug', 'info', 'warn', 'error'], 'debug, info, warn or error')),
  },
  metricsListen: {
    key: 'node.metrics_listen',
    form: 'text',
    flag: 'metrics-listen',
    valueName: 'ADDR',
    default: '',
    comment:
      'Where the metrics are read over HTTP, at /metrics, for Prometheus: 127.0.0.1:9464 for this machine alone. Nothing secret is in them, but they tell who is active. Empty: nowhere.',
    check: checkWith(addressOrNone('127.0.0.1:9464')),
  },
  drain: {
    key: 'node.drain',
    form: 'text',
    flag: 'drain',
    valueName: 'DURATION',
    default: '0s',
    comment:
      'How long a node that is asked to end (SIGTERM, SIGINT) goes on at the most until others carry what it carried: it lets nobody new in and tells gateways and members to use others. A second signal ends it at once. 10s for a gateway that runs as a service.',
    check: checkWith(duration),
  },
  pageOrigins: {
    key: 'node.page_origins',
    form: 'list',
    flag: 'page-origins',
    valueName: 'ORIGIN',
    default: [],
    comment:
      'Web pages of these origins may connect over WebSockets, and no others: https://casino.example. Nodes send no origin and are not meant. Empty: pages of any origin, since each brings an identity of its own and no cookie counts.',
    check: checkWith(origins),
  },
  passphraseFile: {
    key: 'identity.passphrase_file',
    form: 'text',
    flag: 'passphrase-file',
    valueName: 'PATH',
    default: '',
    comment:
      'A file (mode 0600) with the passphrase of identity.key. Empty: BITCRAPS_PASSPHRASE, else a random one kept beside the key.',
    check: checkWith(z.string()),
  },
  meshName: {
    key: 'mesh.name',
    form: 'text',
    flag: 'mesh',
    valueName: 'NAME',
    default: 'home',
    comment: 'The name of the mesh this node is in, for people and for gateways.',
    check: checkWith(givenName),
  },
  policy: {
    key: 'mesh.policy',
    form: 'text',
    flag: 'policy',
    valueName: 'POLICY',
    default: 'dijkstra',
    comment:
      'How this node chooses ways for its own packets: dijkstra (the cheapest), load-balanced, geographic, ant-colony or hybrid. Nodes of one mesh may differ.',
    check: checkWith(
      z.enum(
        ['dijkstra', 'load-balanced', 'geographic', 'ant-colony', 'hybrid'],
        'dijkstra, load-balanced, geographic, ant-colony or hybrid',
      ),
    ),
  },
  leaf: {
    key: 'mesh.leaf',
    form: 'switch',
    flag: 'leaf',
    valueName: '',
    default: false,
    comment:
      'Whether this node carries no packets of others. A phone that saves its battery; a mesh of leaves is none.',
    check: checkWith(flag),
  },
  position: {
    key: 'mesh.position',
    form: 'text',
    flag: 'position',
    valueName: 'LAT,LON',
    default: '',
    comment:
      'Where this node is at its start, in degrees, told to the whole mesh for the geographic policy. Empty: not told.',
    check: checkWith(
      z
        .string()
        .refine(
          (text) => text === '' || parsePosition(text) !== null,
          'a latitude and a longitude such as 52.52,13.40',
        ),
    ),
  },
  mobility: {
    key: 'mesh.mobility',
    form: 'text',
    flag: 'mobility',
    valueName: 'CLASS',
    default: 'static',
    comment:
      'How this node moves: static, random:SPEED, linear:SPEED,HEADING, circular:SPEED,LAT,LON or commuter:SPEED,LAT,LON,PAUSE (metres per second, degrees, seconds). Told only with a position.',
    check: checkWith(
      z
        .string()
        .refine(
          (text) => parseMobility(text) !== null,
          'static, random:1.4, linear:1.4,90, circular:5,52.5,13.4 or commuter:8,52.5,13.4,600',
        ),
    ),
  },
  listen: {
    key: 'mesh.listen',
    form: 'text',
    flag: 'listen',
    valueName: 'ADDR',
    default: '127.0.0.1:7461',
    comment:
      'Where neighbours of the mesh connect. Port 0 takes a free one and keeps it from then on.',
    check: checkWith(address),
  },
  alsoListen: {
    key: 'mesh.also_listen',
    form: 'list',
    flag: 'also-listen',
    valueName: 'ADDR',
    default: [],
    comment:
      'Further places where neighbours connect, by other transports too: ws:0.0.0.0:7463 for pages and for nodes behind proxies.',
    check: checkWith(addresses),
  },
  join: {
    key: 'mesh.join',
    form: 'list',
    flag: 'join',
    valueName: 'ADDR',
    default: [],
    comment:
      'Neighbours to connect to, redialled while they are away: host:port or PEERID@host:port.',
    check: checkWith(joins),
  },
  discover: {
    key: 'mesh.discover',
    form: 'switch',
    flag: 'discover',
    valueName: '',
    default: false,
    comment:
      'Whether this node announces itself on the local network by multicast DNS, and links to nodes of its mesh that do.',
    check: checkWith(flag),
  },
  gateway: {
    key: 'gateway.enabled',
    form: 'switch',
    flag: 'gateway',
    valueName: '',
    default: false,
    comment: 'Whether this node joins its mesh to other meshes.',
    check: checkWith(flag),
  },
  gatewayListen: {
    key: 'gateway.listen',
    form: 'text',
    flag: 'gateway-listen',
    valueName: 'ADDR',
    default: '127.0.0.1:7462',
    comment: 'Where gateways of other meshes connect.',
    check: checkWith(address),
  },
  gatewayAlsoListen: {
    key: 'gateway.also_listen',
    form: 'list',
    flag: 'gateway-also-listen',
    valueName: 'ADDR',
    default: [],
    comment: 'Further places where gateways of other meshes connect, by other transports too.',
    check: checkWith(addresses),
  },
  gatewayJoin: {
    key: 'gateway.join',
    form: 'list',
    flag: 'gateway-join',
    valueName: 'ADDR',
    default: [],
    comment: 'Gateways of other meshes to connect to: host:port or PEERID@host:port.',
    check: checkWith(joins),
  },
  ...SELECTION_SETTINGS,
  ...BANDWIDTH_SETTINGS,
  ...LIMIT_SETTINGS,
  ...RESILIENCE_SETTINGS,
  ...HEALTH_SETTINGS,
  ...POWER_SETTINGS,
  dhtBootstrap: {
    key: 'dht.bootstrap',
    form: 'list',
    flag: 'dht-bootstrap',
    valueName: 'ADDR',
    default: [],
    comment:
      'Nodes (host:port) through which this one joins the distributed table, where peers of all meshes say through which gateway they are reached, and by which gateways dial each other by key. Empty: it is not used.',
    check: checkWith(
      z
        .array(z.string().regex(/^[^:@[\]\s]+:\d{1,5}$/, 'addresses such as 203.0.113.5:7464'))
        .max(JOINS_MAX, `at most ${JOINS_MAX} addresses`),
    ),
  },
  dhtListen: {
    key: 'dht.listen',
    form: 'text',
    flag: 'dht-listen',
    valueName: 'ADDR',
    default: '0.0.0.0:0',
    comment: 'The UDP socket of the distributed table, for a node that joins it. IPv4.',
    check: checkWith(address),
  },
  dhtServe: {
    key: 'dht.serve',
    form: 'text',
    flag: 'dht-serve',
    valueName: 'ADDR',
    default: '',
    comment:
      'The IPv4 address (host:port, as others reach it) at which this node keeps the table for all, so that others can name it in dht.bootstrap. Empty: it does not.',
    check: checkWith(addressOrNone('203.0.113.5:7464')),
  },
  validator: {
    key: 'casino.validator',
    form: 'switch',
    flag: 'validator',
    valueName: '',
    default: false,
    comment:
      'Whether this node runs the casino: its ledger, its table, its dice. With one validator its operator could know the dice beforehand.',
    check: checkWith(flag),
  },
  casino: {
    key: 'casino.id',
    form: 'text',
    flag: 'casino',
    valueName: 'PEERID',
    default: '',
    comment: 'The casino to follow and play in: the PeerId of its validator. Empty: none.',
    check: checkWith(peer),
  },
  casinoName: {
    key: 'casino.name',
    form: 'text',
    flag: 'casino-name',
    valueName: 'NAME',
    default: 'casino',
    comment: 'What a validator calls its casino, fixed when its ledger begins.',
    check: checkWith(givenName),
  },
  bankroll: {
    key: 'casino.bankroll',
    form: 'text',
    flag: 'bankroll',
    valueName: 'CRAP',
    default: '500000',
    comment:
      "The table's bankroll in CRAP, escrowed from the treasury. One account may win at most 5 % of it at a time.",
    check: checkWith(amount),
  },
  stakeMin: {
    key: 'casino.stake_min',
    form: 'text',
    flag: 'stake-min',
    valueName: 'CRAP',
    default: '1',
    comment: 'The least stake of a bet in CRAP.',
    check: checkWith(amount),
  },
  field12x3: {
    key: 'casino.field_12_pays_3',
    form: 'switch',
    flag: 'field-12-pays-3',
    valueName: '',
    default: false,
    comment: 'Whether the field pays 3:1 on twelve rather than 2:1.',
    check: checkWith(flag),
  },
  shooterTimeout: {
    key: 'casino.shooter_timeout',
    form: 'text',
    flag: 'shooter-timeout',
    valueName: 'TIME',
    default: '60s',
    comment:
      'How long a shooter may hold the dice before they pass to the next player. A minute suits people.',
    check: checkWith(duration),
  },
  bot: {
    key: 'player.bot',
    form: 'text',
    flag: 'bot',
    valueName: 'KIND',
    default: 'none',
    comment: 'Play by itself: none, or regular (pass line with odds and a changing side bet).',
    check: checkWith(z.enum(['none', 'regular'], 'none or regular')),
  },
  pace: {
    key: 'player.pace',
    form: 'text',
    flag: 'pace',
    valueName: 'TIME',
    default: '1s',
    comment: 'How long a bot leaves for betting before it shoots.',
    check: checkWith(duration),
  },
  company: {
    key: 'player.company',
    form: 'number',
    flag: 'company',
    valueName: 'N',
    default: 1,
    comment:
      'A bot waits with the first roll of a table until so many players sit there, five seconds at most.',
    check: checkWith(z.int('a whole number').min(1, 'at least 1').max(16, 'at most 16')),
  },
};

/** The names in the table's order. */
export function settingNames(): readonly SettingName[] {
  // The table's keys are exactly the interface's, by its type.
  return Object.keys(SETTINGS) as SettingName[];
}
