// Every alert there is: its levels, its durations with their reason, and what to do.

import { CRITICAL_BELOW, DEGRADED_BELOW } from '../health/health-score.ts';
import type { AlertRule } from './alert-rule.ts';

/** Nodes restart and radios hand over within this time; what lasts longer is worth a look. */
const SETTLED_MS = 15_000;
/** Most figures are means of half a minute: shorter is noise of the figure itself. */
const LASTING_MS = 30_000;

export type AlertName =
  | 'isolated'
  | 'partition'
  | 'bridgesGone'
  | 'casinoAway'
  | 'memberGone'
  | 'healthCritical'
  | 'healthDegraded'
  | 'slow'
  | 'losing'
  | 'unstable'
  | 'heldUp'
  | 'retriesExhausted'
  | 'energyLow';

export const ALERT_RULES: Readonly<Record<AlertName, AlertRule>> = {
  isolated: {
    name: 'isolated',
    severity: 'critical',
    // Links that carry the mesh.
    raise: 0,
    clear: 1,
    forMs: 10_000,
    clearForMs: 5_000,
    cure: 'Check that this machine is on the network, and that the addresses under mesh.join listen; `bitcraps peers` shows links as they come.',
  },
  partition: {
    name: 'partition',
    severity: 'critical',
    // 1 while it lasts.
    raise: 1,
    clear: 0,
    // The proof has already waited for the detector.
    forMs: 0,
    clearForMs: 5_000,
    cure: 'The mesh has fallen apart. Look at the links between both sides: switch on a node between them, or have one join a node of the other side with --join.',
  },
  bridgesGone: {
    name: 'bridges-gone',
    severity: 'critical',
    // Bridges of a gateway that is to keep some.
    raise: 0,
    clear: 1,
    forMs: 10_000,
    clearForMs: 5_000,
    cure: 'Nothing reaches other meshes from this gateway. Check that the gateways under gateway.join run, and that this machine reaches them; the log tells why dialling fails (`dial-failed`).',
  },
  casinoAway: {
    name: 'casino-away',
    severity: 'critical',
    // 1 while it does not answer.
    raise: 1,
    clear: 0,
    // A validator that is started again is back within this time.
    forMs: 10_000,
    clearForMs: 5_000,
    cure: 'Bets are refused meanwhile, and none is placed later by itself. `bitcraps routes` shows whether links lead to the casino, `bitcraps status` what it last answered.',
  },
  memberGone: {
    name: 'member-gone',
    severity: 'warning',
    // 1 while the member is confirmed to be gone.
    raise: 1,
    clear: 0,
    forMs: 0,
    clearForMs: 2_000,
    cure: 'Look whether that node runs: start it again, or stop it in good order (SIGTERM) so that it says goodbye.',
  },
  healthCritical: {
    name: 'health-critical',
    severity: 'critical',
    raise: CRITICAL_BELOW,
    clear: CRITICAL_BELOW + 0.1,
    forMs: SETTLED_MS,
    clearForMs: SETTLED_MS,
    cure: 'See the worst category in `bitcraps health`, and the alerts beside this one.',
  },
  healthDegraded: {
    name: 'health-degraded',
    severity: 'warning',
    raise: DEGRADED_BELOW,
    clear: DEGRADED_BELOW + 0.05,
    forMs: SETTLED_MS,
    clearForMs: SETTLED_MS,
    isSummary: true,
    cure: 'See the worst category in `bitcraps health`, and the alerts beside this one.',
  },
  slow: {
    name: 'slow',
    severity: 'warning',
    // The latency category.
    raise: 0.5,
    clear: 0.7,
    forMs: LASTING_MS,
    clearForMs: LASTING_MS,
    cure: 'Round trips are several times what they were. Look for a full line (`bitcraps status` shows bandwidth), a weak radio, or a busy machine at the other end.',
  },
  losing: {
    name: 'losing',
    severity: 'warning',
    // The throughput category.
    raise: 0.8,
    clear: 0.9,
    forMs: LASTING_MS,
    clearForMs: LASTING_MS,
    cure: 'Packets do not arrive. `bitcraps routes` shows the ways, `bitcraps status` what is dropped and why.',
  },
  unstable: {
    name: 'unstable',
    severity: 'warning',
    // The stability category.
    raise: 0.4,
    clear: 0.6,
    forMs: LASTING_MS,
    clearForMs: LASTING_MS,
    cure: 'Links break again and again. Look at the log for `link-closed`, and at radios and power supplies; a preset for slower networks waits longer.',
  },
  heldUp: {
    name: 'held-up',
    severity: 'warning',
    // Lifeguard's local health: 0 where this node trusts itself, up to 8.
    raise: 4,
    clear: 1,
    forMs: LASTING_MS,
    clearForMs: LASTING_MS,
    cure: 'This machine does not keep up, so this node accuses others later than it could. Take work off it, or give it more.',
  },
  retriesExhausted: {
    name: 'retries-exhausted',
    severity: 'warning',
    // Attempts that the retry budget still has. One that is used up as it fills has some now and then.
    raise: 5,
    clear: 20,
    forMs: LASTING_MS,
    clearForMs: LASTING_MS,
    cure: 'So much fails at once that recoveries must wait for each other. Repair what the other alerts name; attempts go on as the budget fills.',
  },
  energyLow: {
    name: 'energy-low',
    severity: 'warning',
    // Of the battery.
    raise: 0.1,
    clear: 0.15,
    forMs: 0,
    clearForMs: LASTING_MS,
    cure: 'Connect this device to power; it relays nothing meanwhile and notices failures later.',
  },
};
