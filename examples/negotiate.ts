// What two protocol versions agree on.
// Run: npx node examples/negotiate.ts

import { negotiate, parseVersion, tableOffer } from '../src/index.ts';

for (const [ours, theirs] of [
  ['1.2', '1.2.7'],
  ['1.2', '1.1'],
  ['1.4', '2.0'],
  ['1.4', '9.0'],
]) {
  const [local, remote] = [parseVersion(ours ?? ''), parseVersion(theirs ?? '')];
  if (!local.ok || !remote.ok) continue;
  const { mode, features } = negotiate(tableOffer(local.value), tableOffer(remote.value));
  process.stdout.write(`${ours} with ${theirs}: ${mode} (${features.join(', ')})\n`);
}
