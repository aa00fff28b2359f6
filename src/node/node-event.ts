// What a node tells whoever listens: the narrator of `bitcraps up`, `bitcraps play`, later the page.
// Values are texts, numbers and booleans, so that an event crosses the control socket as JSON unchanged.

import type { Alert } from '../env/alert-sink.ts';
import { peerIdText } from '../core/peer-id.ts';
import type { PartitionLine } from './partition-report.ts';
import type { HealthLevel } from '../resilience/health/health-score.ts';
import type { RecoveryEvent } from '../resilience/recovery/recovery-contract.ts';
import type { MembershipEvent } from '../resilience/membership/verdict.ts';

/** PeerIds are base32 texts, amounts decimal texts in CRAP. */
export type NodeEvent =
  | {
      readonly kind: 'link-up';
      readonly peer: string;
      readonly purpose: 'mesh' | 'bridge';
      readonly mode: string;
      readonly features: readonly string[];
      readonly remoteVersion: string;
    }
  | { readonly kind: 'link-down'; readonly peer: string; readonly code: string | null }
  | { readonly kind: 'table-opened'; readonly table: number; readonly bankroll: string }
  | { readonly kind: 'table-closed'; readonly table: number; readonly bankroll: string }
  | {
      readonly kind: 'bet';
      readonly table: number;
      readonly roll: string;
      readonly bet: string;
      readonly account: string;
      readonly betKind: string;
      readonly stake: string;
    }
  | {
      readonly kind: 'locked';
      readonly table: number;
      readonly roll: string;
      readonly shooter: string;
    }
  | {
      readonly kind: 'rolled';
      readonly table: number;
      readonly roll: string;
      readonly dice: readonly [number, number];
      /** The first 8 hexadecimal digits of the proof's hash. */
      readonly proof: string;
    }
  | {
      readonly kind: 'resolved';
      readonly table: number;
      readonly roll: string;
      readonly bet: string;
      readonly account: string;
      readonly betKind: string;
      readonly stake: string;
      readonly outcome: 'win' | 'lose' | 'push';
      /** Stake included. */
      readonly returned: string;
    }
  | { readonly kind: 'point'; readonly table: number; readonly point: number }
  | {
      readonly kind: 'round';
      readonly table: number;
      readonly rounds: number;
      readonly how: string;
    }
  | { readonly kind: 'shooter'; readonly table: number; readonly shooter: string }
  /** A bet that this node's bot asked for is final, and this node has checked the block that holds it. */
  | {
      readonly kind: 'acknowledged';
      readonly account: string;
      readonly table: number;
      readonly roll: string;
      readonly betKind: string;
      readonly stake: string;
      readonly height: string;
      /** SHA-256 of the signed operation, hexadecimal. */
      readonly operation: string;
    }
  /** Something this node asked of the casino was refused, or did not get there. */
  | {
      readonly kind: 'refused';
      readonly what: string;
      readonly code: string;
      readonly message: string;
    }
  /** Told on changes: requests to the casino fail, or are answered again. */
  | { readonly kind: 'casino-unreachable'; readonly code: string; readonly message: string }
  | { readonly kind: 'casino-reached' }
  /** The level of this node's health changed; `category` is the one that costs most. */
  | {
      readonly kind: 'health';
      readonly level: HealthLevel;
      readonly score: number;
      readonly category: string | null;
      readonly why: string;
    }
  /** What is done about a failure; `outcome` once it is over, with the plan that helped. */
  | {
      readonly kind: 'recovery';
      readonly failure: string;
      readonly subject: string;
      readonly is: 'begun' | 'ended';
      readonly outcome: string | null;
      readonly plan: string | null;
    }
  /** What this node thinks of a member: advice. `by`: what showed it. */
  | {
      readonly kind: 'member';
      readonly member: string;
      readonly is: MembershipEvent['kind'];
      readonly by: string | null;
    }
  /** Members of this mesh, or all its gateways, are out of reach together, or are reached again. */
  | ({
      readonly kind: 'partition-began' | 'partition-recurred' | 'partition-ended';
    } & PartitionLine)
  | ({ readonly kind: 'alert-raised' | 'alert-cleared' } & Alert)
  /** The bot has taken its bets down and countersigned the end. */
  | { readonly kind: 'left'; readonly account: string };

export function memberEvent(event: MembershipEvent): NodeEvent {
  const by = 'by' in event ? event.by : null;
  return { kind: 'member', member: peerIdText(event.peer), is: event.kind, by };
}

export function recoveryEvent(event: Exclude<RecoveryEvent, { kind: 'attempted' }>): NodeEvent {
  const { kind: is, failure } = event;
  const outcome = is === 'ended' ? event.outcome : null;
  const plan = is === 'ended' ? event.plan : null;
  return { kind: 'recovery', failure: failure.kind, subject: failure.subject, is, outcome, plan };
}

export interface NodeEvents {
  emit(event: NodeEvent): void;
  /** Returns the way to stop listening. */
  listen(listener: (event: NodeEvent) => void): () => void;
}

export function createNodeEvents(): NodeEvents {
  const listeners = new Set<(event: NodeEvent) => void>();
  return {
    emit(event) {
      for (const listener of listeners) listener(event);
    },
    listen(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
