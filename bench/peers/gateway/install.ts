// Installs what is missing of the peers: Debian packages where the user is root, js-libp2p by the lock of this folder. Nothing is
// started, and packages stay installed.

import { spawnSync } from 'node:child_process';
import { CONTENDERS, type Contender, type ContenderName } from './contenders.ts';
import { isLibp2pInstalled } from './libp2p-node.ts';

/** Its output goes to standard error: standard output is for the result. */
function run(command: string, words: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync(command, words, {
    cwd: import.meta.dirname,
    stdio: ['ignore', 2, 2],
    env,
  });
  return status === 0;
}

function hasProgram(program: string): boolean {
  return spawnSync('which', [program]).status === 0;
}

export function install(names: readonly ContenderName[]): void {
  const wanted: readonly Contender[] = names.map((name) => CONTENDERS[name]);
  const missing = wanted.flatMap(({ debian }) =>
    debian === undefined || hasProgram(debian.program) ? [] : [debian.name],
  );
  if (missing.length > 0 && process.getuid?.() === 0) {
    const words = ['install', '-y', '--no-install-recommends', ...missing];
    if (!run('apt-get', words) && run('apt-get', ['update'])) run('apt-get', words);
  }
  if (names.includes('libp2p') && !isLibp2pInstalled()) {
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  }
}

/** Why a contender cannot be measured here; `null` if it can. */
export function whyMissing(name: ContenderName): string | null {
  const { debian, lacks }: Contender = CONTENDERS[name];
  if (debian !== undefined && !hasProgram(debian.program)) {
    return `run \`apt-get install ${debian.name}\` as root`;
  }
  return lacks?.() ?? null;
}
