// The control API: what commands ask of a running node. Methods take and give plain data; errors are coded.

import { parseAmount } from '../core/amount.ts';
import { toHex } from '../core/bytes.ts';
import { BitcrapsError, unwrap } from '../core/errors.ts';
import { parsePeerId, peerIdText } from '../core/peer-id.ts';
import type { Clock } from '../env/clock.ts';
import type { ActionInit } from '../casino/operation.ts';
import type { CasinoState, Table } from '../casino/state.ts';
import { casinoReport, casinoState } from './casino-report.ts';
import { explanationReport } from './explanation-report.ts';
import { gatewaysReport } from './gateway-report.ts';
import { peerReports, routeReports, statusReport } from './mesh-report.ts';
import type { CasinoNode } from './node.ts';
import type { NodeEvent } from './node-event.ts';
import type { Listening } from './report.ts';

export interface ControlDeps {
  readonly node: CasinoNode;
  readonly clock: Clock;
  readonly listening: Listening;
}

/** For the dice of a shot to be revealed and checked here. */
const DICE_WITHIN_MS = 10_000;

type Params = Readonly<Record<string, unknown>>;
type Method = (deps: ControlDeps, params: Params) => unknown;

const METHODS: Readonly<Record<string, Method>> = {
  status: ({ node, clock, listening }) => statusReport(node, clock, listening),
  peers: ({ node }) => peerReports(node),
  routes: ({ node }, params) => routeReports(node, optionalPeer(params, 'destination')),
  explain: ({ node }, params) =>
    explanationReport(node, unwrap(parsePeerId(text(params, 'destination')))),
  gateways: ({ node }, params) => gatewaysReport(node, params),
  health: ({ node }) => node.resilience.report(),
  casino: ({ node }) => casinoReport(node),
  bet: ({ node }, params) => act(node, (table) => placeBet(table, params)),
  'take-down': ({ node }, params) =>
    act(node, (table) => ({
      case: 'takeDown',
      value: { table: table.id, roll: table.roll, bet: wholeNumber(params, 'bet') },
    })),
  shoot,
  'leave-table': ({ node }) =>
    act(node, (table) => ({ case: 'leaveTable', value: { table: table.id, roll: table.roll } })),
  'bot-leave': ({ node }) => {
    if (node.casino.kind === 'player' && node.casino.bot !== null) return node.casino.bot.leave();
    throw new BitcrapsError('NODE_CONTROL_LACKING', { what: 'play by itself' });
  },
  'close-tables': async ({ node }) => {
    if (node.casino.kind !== 'validator')
      throw new BitcrapsError('NODE_CONTROL_LACKING', { what: 'run a casino' });
    unwrap(await node.casino.local.closeTables());
  },
};

/**
 * Answers one request. Errors (thrown): `NODE_CONTROL_UNKNOWN`, `NODE_CONTROL_ARGUMENT`, `NODE_CONTROL_LACKING`,
 * `NODE_CASINO_NONE`, `NODE_CASINO_NOT_SYNCED`, and what the casino answers.
 */
export async function answerControl(
  deps: ControlDeps,
  name: string,
  params: unknown,
): Promise<unknown> {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (method === undefined) throw new BitcrapsError('NODE_CONTROL_UNKNOWN', { method: name });
  const record: Params = typeof params === 'object' && params !== null ? { ...params } : {};
  return (await method(deps, record)) ?? {};
}

/** An accepted action: where it stands in the ledger, and at which roll of which table. */
interface ActReport {
  readonly height: string;
  /** SHA-256 of the signed operation, hexadecimal. */
  readonly operation: string;
  readonly table: number;
  readonly roll: string;
}

/** Does what `action` says for the first open table; a first bet opens this node's account before. */
async function act(node: CasinoNode, action: (table: Table) => ActionInit): Promise<ActReport> {
  if (node.casino.kind !== 'player') {
    throw node.casino.kind === 'none'
      ? new BitcrapsError('NODE_CASINO_NONE', {})
      : new BitcrapsError('NODE_CONTROL_LACKING', { what: 'play; it runs the casino' });
  }
  const { client } = node.casino;
  const [table] = requireState(casinoState(node)).tables;
  if (table === undefined) throw new BitcrapsError('NODE_CASINO_NO_TABLE', {});
  const wanted = action(table);
  if (wanted.case === 'placeBet' && casinoReport(node)?.account === null) {
    unwrap(await client.submit({ case: 'openAccount', value: {} }));
  }
  const { height, operation } = unwrap(await client.submit(wanted));
  return {
    height: String(height),
    operation: toHex(operation),
    table: table.id,
    roll: String(table.roll),
  };
}

type Rolled = Extract<NodeEvent, { kind: 'rolled' }>;
type Resolved = Extract<NodeEvent, { kind: 'resolved' }>;

/** A roll of this node's, and what it did to this node's bets; without dice if they did not come in time. */
interface ShotReport extends ActReport {
  readonly dice: readonly [number, number] | null;
  readonly proof: string | null;
  readonly resolved: readonly Pick<
    Resolved,
    'bet' | 'betKind' | 'stake' | 'outcome' | 'returned'
  >[];
}

/** Shoots and waits for the dice, so that whoever asks sees the roll. */
async function shoot({ node, clock }: ControlDeps): Promise<ShotReport> {
  const me = peerIdText(node.mesh.self);
  const rolls: Rolled[] = [];
  const resolved: Resolved[] = [];
  const came = Promise.withResolvers<void>();
  const stop = node.events.listen((event) => {
    if (event.kind === 'resolved' && event.account === me) resolved.push(event);
    if (event.kind !== 'rolled') return;
    rolls.push(event);
    came.resolve();
  });
  const timer = clock.after(DICE_WITHIN_MS, came.resolve);
  try {
    const placed = await act(node, ({ id, roll }) => ({
      case: 'shoot',
      value: { table: id, roll },
    }));
    const isThis = (event: Rolled | Resolved): boolean =>
      event.table === placed.table && event.roll === placed.roll;
    // The events of a block come all at once: with the roll, its settlements are here too.
    await came.promise;
    const roll = rolls.find(isThis);
    return {
      ...placed,
      dice: roll?.dice ?? null,
      proof: roll?.proof ?? null,
      resolved: resolved.filter(isThis),
    };
  } finally {
    timer.cancel();
    stop();
  }
}

function requireState(state: CasinoState | null): CasinoState {
  if (state === null) throw new BitcrapsError('NODE_CASINO_NOT_SYNCED', {});
  return state;
}

function placeBet(table: Table, params: Params): ActionInit {
  const kind = text(params, 'kind');
  const stake = unwrap(parseAmount(text(params, 'stake')));
  const base = params['base'] === undefined ? 0 : wholeNumber(params, 'base');
  return { case: 'placeBet', value: { table: table.id, roll: table.roll, kind, stake, base } };
}

function text(params: Params, name: string): string {
  const value = params[name];
  if (typeof value === 'string' && value.length > 0 && value.length <= 64) return value;
  throw new BitcrapsError('NODE_CONTROL_ARGUMENT', { argument: name, expected: 'a short text' });
}

function wholeNumber(params: Params, name: string): number {
  const value = params[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff)
    return value;
  throw new BitcrapsError('NODE_CONTROL_ARGUMENT', { argument: name, expected: 'a whole number' });
}

function optionalPeer(params: Params, name: string): Uint8Array | null {
  return params[name] === undefined ? null : unwrap(parsePeerId(text(params, name)));
}
