// Makes a checkout ready: installs what is missing with `npm ci`, checks that Node 24 or newer will run it, and bundles
// the command if its sources have changed.
// Plain JavaScript for Node 20, no dependencies: it runs before anything is installed. It writes to stderr only.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
const LOCK_STALE_MS = 15 * 60 * 1000;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.package-lock.json');
const lock = join(root, 'package-lock.json');
const busy = join(root, '.setup-lock');
const bundle = join(root, 'dist', 'bundle', 'main.js');
const bundleStamp = join(root, 'dist', 'bundle', 'stamp');

function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

function stop(text, cure) {
  say(text);
  say(cure);
  process.exit(1);
}

/** Whether node_modules is missing or was installed from an older lock file. */
function needsInstall() {
  if (!existsSync(stamp)) return 'node_modules is missing';
  if (statSync(lock).mtimeMs > statSync(stamp).mtimeMs)
    return 'package-lock.json is newer than node_modules';
  return null;
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** One set-up at a time: two `npm start` in a fresh clone must not install over each other. */
function takeTurn() {
  const begun = Date.now();
  for (;;) {
    try {
      mkdirSync(busy);
      writeFileSync(join(busy, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST')
        stop(`cannot write to ${root}: ${error.message}`, 'Make the folder writable.');
    }
    if (!holderLives() || Date.now() - begun > LOCK_STALE_MS)
      rmSync(busy, { recursive: true, force: true });
    else sleep(250);
  }
}

function holderLives() {
  try {
    const pid = Number(readFileSync(join(busy, 'pid'), 'utf8'));
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Between the folder's making and the pid's writing the file is missing for an instant.
    if (error.code === 'ENOENT')
      return existsSync(busy) && Date.now() - statSync(busy).mtimeMs < 2000;
    return error.code === 'EPERM';
  }
}

function install(reason) {
  say(`${reason}: installing (npm ci), about half a minute`);
  const npm = process.env.npm_execpath;
  const command = npm === undefined ? 'npm' : process.execPath;
  const before = npm === undefined ? [] : [npm];
  // The pinned Node is a development dependency, wanted even where NODE_ENV says production.
  const result = spawnSync(
    command,
    [...before, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: npm === undefined && process.platform === 'win32',
    },
  );
  if (result.status !== 0) {
    stop(
      'npm ci failed',
      'Read its message above; with a package registry in reach, run `npm ci` by hand to see more.',
    );
  }
  say('installed');
}

function nodeCommand() {
  const local = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  return existsSync(local) ? local : process.execPath;
}

/** The major version of the Node that npm scripts will use from now on. */
function installedNodeMajor() {
  const result = spawnSync(nodeCommand(), ['--version'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const major = /^v(\d+)/.exec(result.stdout ?? '')?.[1];
  return Number(major ?? 0);
}

/** Changes with every source file's name, size and time, and with the installed packages. */
function sourcesHash() {
  const hash = createHash('sha256');
  const source = join(root, 'src');
  const files = readdirSync(source, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort();
  for (const file of [
    ...files.map((name) => join(source, name)),
    lock,
    join(root, 'scripts', 'bundle.mjs'),
  ]) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

function needsBundle() {
  return (
    !existsSync(bundle) ||
    !existsSync(bundleStamp) ||
    readFileSync(bundleStamp, 'utf8') !== sourcesHash()
  );
}

function buildBundle() {
  const stampOfSources = sourcesHash();
  const result = spawnSync(nodeCommand(), [join(root, 'scripts', 'bundle.mjs')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0)
    stop(
      'bundling failed',
      'Read its message above; `npm run check` tells more about broken sources.',
    );
  writeFileSync(bundleStamp, stampOfSources);
  say('bundled');
}

/** Runs `work` alone if `isNeeded` still says so once it is this process's turn. */
function once(isNeeded, work) {
  if (!isNeeded()) return;
  takeTurn();
  try {
    if (isNeeded()) work();
  } finally {
    rmSync(busy, { recursive: true, force: true });
  }
}

once(
  () => needsInstall() !== null,
  () => install(needsInstall()),
);
const major = installedNodeMajor();
if (major < NODE_MAJOR_MIN) {
  stop(
    `Node ${NODE_MAJOR_MIN} or newer is needed, and Node ${major || 'none'} is what npm scripts would run`,
    'Delete node_modules and run the command again; if scripts are switched off (ignore-scripts), allow them or install Node 24.',
  );
}
once(needsBundle, buildBundle);
