// `bitcraps negotiate LOCAL REMOTE`: what two protocol versions agree on, from the table of features.

import { Command } from 'commander';
import { colour } from './colour.ts';
import { unreachable } from '../core/assert.ts';
import { unwrap } from '../core/errors.ts';
import { FEATURES } from '../versioning/features.ts';
import {
  negotiate,
  type LackedBy,
  type Mode,
  type Negotiation,
  type NegotiationReason,
} from '../versioning/negotiate.ts';
import { tableOffer } from '../versioning/offer.ts';
import { CURRENT, formatVersion, parseVersion } from '../versioning/protocol-version.ts';
import { EXIT_DONE, EXIT_NO, printJson, runCommand } from './outcome.ts';

interface Versions {
  readonly local: string;
  readonly remote: string;
}

const MEANING: Readonly<Record<Mode, string>> = {
  full: 'every feature of either side is active',
  limited: 'the nodes link and use what they share',
  legacy: 'the nodes link with the frozen baseline only; nothing that moves value',
  incompatible: 'the nodes do not link',
};
const NAME_COLUMNS = 2 + Math.max(...FEATURES.map(({ name }) => name.length));

/** The command; exit code 1 if the versions are incompatible. */
export function negotiateCommand(): Command {
  return new Command('negotiate')
    .description('what two protocol versions agree on, and why')
    .argument('<local>', 'a version such as 1.2.0 or 1.2')
    .argument('<remote>', 'the version at the other end')
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
This build speaks ${formatVersion(CURRENT)}. The answer is for complete implementations of both versions, in one network
with one set of rules. Exit code 0 if they link, 1 if they are incompatible, 2 if a version is malformed.

Examples:
  bitcraps negotiate 1.2.0 1.2.7       patches do not matter: full
  bitcraps negotiate 1.2.0 1.1.0       limited, and what is missing
  bitcraps negotiate 1.4 2.0 --json    legacy, as a document
  bitcraps negotiate 1.4 9.0           incompatible: exit code 1`,
    )
    .action(async (local: string, remote: string, options: { readonly json?: boolean }) => {
      const json = options.json === true;
      await runCommand(json, () => run({ local, remote }, json));
    });
}

function run(texts: Versions, json: boolean): number {
  const [local, remote] = [unwrap(parseVersion(texts.local)), unwrap(parseVersion(texts.remote))];
  const negotiation = negotiate(tableOffer(local), tableOffer(remote));
  const versions = { local: formatVersion(local), remote: formatVersion(remote) };
  if (json) printJson({ ...versions, ...negotiation });
  else process.stdout.write(`${describe(versions, negotiation)}\n`);
  return negotiation.mode === 'incompatible' ? EXIT_NO : EXIT_DONE;
}

function describe(versions: Versions, negotiation: Negotiation): string {
  const { mode, features, missing, upgrade, reason } = negotiation;
  const heading = `${versions.local} (local) with ${versions.remote} (remote): ${colour.bold(mode)}`;
  const lines = [heading, `  ${MEANING[mode]}`, `  ${describeReason(reason)}`];
  lines.push('active features');
  if (features.length === 0) lines.push('  none');
  for (const { name, about } of FEATURES) {
    if (features.includes(name)) lines.push(`  ${colour.green(name.padEnd(NAME_COLUMNS))}${about}`);
  }
  if (missing.length > 0) lines.push('missing features');
  for (const { feature, lackedBy, reason } of missing) {
    lines.push(
      `  ${colour.yellow(feature.padEnd(NAME_COLUMNS))}${describeLack(lackedBy)}: ${reason}`,
    );
  }
  if (upgrade !== null) lines.push(`upgrade the ${upgrade} node (${versions[upgrade]})`);
  return lines.join('\n');
}

function describeLack(lackedBy: LackedBy): string {
  return lackedBy === 'both' ? 'unused by both' : `lacked by ${lackedBy}`;
}

function describeReason(reason: NegotiationReason): string {
  switch (reason.kind) {
    case 'all-shared':
      return 'because both offer the same features';
    case 'some-missing':
      return 'because some features are offered by one side only, and none of them is required';
    case 'other-major':
      return `because the majors differ (${reason.local} and ${reason.remote}) and share a wire version`;
    case 'other-network':
      return 'because they belong to different networks';
    case 'other-rules':
      return 'because they keep different casino rules';
    case 'no-common-wire': {
      const [local, remote] = [reason.local, reason.remote].map(({ min, max }) =>
        min === max ? `version ${min}` : `versions ${min} to ${max}`,
      );
      return `because they share no wire: local speaks wire ${local ?? ''}, remote wire ${remote ?? ''}`;
    }
    case 'required-feature-missing':
      return `because ${reason.feature} is required and ${describeLack(reason.lackedBy)}`;
    default:
      return unreachable(reason);
  }
}
