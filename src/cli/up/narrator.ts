// Tells people what happens at the table: one line for each bet, roll and settlement.

import { colour } from '../colour.ts';
import type { NodeEvent } from '../../node/node-event.ts';

const FACES: readonly string[] = ['?', '⚀', '⚁', '⚂', '⚃', '⚄', '⚅'];
const VERB = { win: 'wins', lose: 'loses', push: 'gets back' } as const;

/** The name of a peer, for people. */
export type NameOf = (peer: string) => string;

/** The line for an event of the casino, or `null` for one that people need not see. */
export function casinoLine(event: NodeEvent, nameOf: NameOf): string | null {
  const who = (peer: string): string => nameOf(peer).padEnd(9);
  switch (event.kind) {
    case 'table-opened':
      return `table ${event.table} opens with a bankroll of ${event.bankroll} CRAP`;
    case 'table-closed':
      return `table ${event.table} closes with a bankroll of ${event.bankroll} CRAP`;
    case 'bet':
      return `${colour.cyan('bet ')}  ${who(event.account)} ${event.stake} on ${event.betKind}`;
    case 'locked':
      return `${colour.dim('lock')}  ${who(event.shooter)} shoots roll ${event.roll}; betting is closed`;
    case 'rolled': {
      const [first, second] = event.dice;
      const faces = `${FACES[first] ?? '?'} ${FACES[second] ?? '?'}`;
      return `${colour.yellow('roll')}  ${faces}  ${colour.bold(String(first + second))}  (roll ${event.roll}, proof ${event.proof})`;
    }
    case 'resolved': {
      const paint =
        event.outcome === 'win' ? colour.green : event.outcome === 'lose' ? colour.red : colour.dim;
      const amount = event.outcome === 'lose' ? event.stake : event.returned;
      return `${paint('pays')}  ${who(event.account)} ${VERB[event.outcome]} ${amount} on ${event.betKind}${event.outcome === 'win' ? ` (stake ${event.stake} included)` : ''}`;
    }
    case 'point':
      return `      the point is ${event.point}`;
    case 'round':
      return `${colour.bold(`round ${event.rounds}`)} ends: ${event.how}`;
    case 'shooter':
      return `      ${nameOf(event.shooter)} is the shooter now`;
    case 'link-up':
    case 'link-down':
    case 'acknowledged':
    case 'refused':
    case 'casino-unreachable':
    case 'casino-reached':
    case 'health':
    case 'member':
    case 'recovery':
    case 'alert-raised':
    case 'alert-cleared':
    case 'partition-began':
    case 'partition-recurred':
    case 'partition-ended':
    case 'left':
      return null;
  }
}

/** The line for a link or a refusal at `node`, or `null`. */
export function nodeLine(node: string, event: NodeEvent, nameOf: NameOf): string | null {
  switch (event.kind) {
    case 'link-up': {
      const kind = event.purpose === 'bridge' ? 'span' : 'link';
      return colour.dim(
        `${kind}  ${node} and ${nameOf(event.peer)}: version ${event.remoteVersion}, ${event.mode}: ${event.features.join(', ')}`,
      );
    }
    case 'link-down':
      return colour.dim(
        `gone  ${node} lost ${nameOf(event.peer)}${event.code === null ? '' : ` (${event.code})`}`,
      );
    case 'casino-unreachable':
      return `${colour.red('far ')}  ${node} does not reach the casino: ${event.code}`;
    case 'casino-reached':
      return `${colour.green('far ')}  ${node} reaches the casino again`;
    case 'alert-raised':
      return `${colour.red('warn')}  ${node}: ${event.rule}: ${event.why}`;
    case 'alert-cleared':
      return `${colour.green('fine')}  ${node}: ${event.rule} is over`;
    case 'refused':
      return `${colour.red('no  ')}  ${node}: ${event.what}: ${event.code}: ${event.message}`;
    default:
      return null;
  }
}
