// `npm test`: every check and every test, with counts and durations by kind.
// `--checks` runs the static checks only, `--soak` the long tests only.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

interface Count {
  passed: number;
  failed: number;
  skipped: number;
  files: number;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

const CHECKS: readonly Step[] = [
  { name: 'type check, room by room', command: [bin('tsc'), '-b'] },
  { name: 'type check, tests', command: [bin('tsc'), '-p', 'tsconfig.test.json'] },
  { name: 'lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings'] },
  { name: 'format', command: [bin('oxfmt'), '--check', '.'] },
  { name: 'unused code', command: [bin('knip')] },
];

/** In this order in the table; a test's kind is its folder. */
const KINDS = ['unit', 'sim', 'fuzz', 'interop', 'e2e', 'soak'] as const;
type Kind = (typeof KINDS)[number];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function run(step: Step): Promise<boolean> {
  const begun = performance.now();
  const [command = '', ...rest] = step.command;
  const chunks: Buffer[] = [];
  const child = spawn(command, rest, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const status = await new Promise<number>((resolve) => {
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 1));
  });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  say(`${status === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)`);
  if (status !== 0) say(Buffer.concat(chunks).toString('utf8'));
  return status === 0;
}

function kindOf(file: string): Kind {
  const parts = relative(root, file).split(/[\\/]/);
  return KINDS.find((kind) => parts[0] === 'test' && parts[1] === kind) ?? 'unit';
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string }[];
    readonly status: string;
  }[];
}

function countByKind(reportFile: string): Map<Kind, Count> {
  // The reporter's own JSON, written a moment ago by the version of vitest that the lock pins.
  const report = JSON.parse(readFileSync(reportFile, 'utf8')) as Report;
  const counts = new Map<Kind, Count>();
  for (const file of report.testResults) {
    const kind = kindOf(file.name);
    const count = counts.get(kind) ?? { passed: 0, failed: 0, skipped: 0, files: 0 };
    count.files += 1;
    if (file.assertionResults.length === 0) count.failed += 1;
    for (const { status } of file.assertionResults) {
      if (status === 'passed') count.passed += 1;
      else if (status === 'failed') count.failed += 1;
      else count.skipped += 1;
    }
    counts.set(kind, count);
  }
  return counts;
}

async function runTests(projects: readonly string[]): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'bitcraps-test-'));
  const reportFile = join(folder, 'report.json');
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...projects.flatMap((project) => ['--project', project]),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const status = await new Promise<number>((resolve) =>
    child.on('close', (code) => resolve(code ?? 1)),
  );
  let total: Count = { passed: 0, failed: 0, skipped: 0, files: 0 };
  try {
    const counts = countByKind(reportFile);
    for (const kind of KINDS) {
      const count = counts.get(kind);
      if (count === undefined) continue;
      say(
        `${kind.padEnd(8)} ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped in ${count.files} files`,
      );
      total = {
        passed: total.passed + count.passed,
        failed: total.failed + count.failed,
        skipped: total.skipped + count.skipped,
        files: total.files + count.files,
      };
    }
  } catch (error) {
    say(`no test report: ${String(error)}`);
    total.failed += 1;
  }
  rmSync(folder, { recursive: true, force: true });
  say(`tests took ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  const green = status === 0 && total.failed === 0 && total.passed > 0;
  if (!green && total.failed === 0) total.failed = 1;
  say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return green;
}

const begun = performance.now();
const soak = process.argv.includes('--soak');
const checksOnly = process.argv.includes('--checks');
let green = true;
if (!soak) for (const step of CHECKS) green = (await run(step)) && green;
const projects = soak ? ['soak'] : ['unit', 'sim', 'fuzz', 'interop', 'e2e'];
if (!checksOnly) green = (await runTests(projects)) && green;
say(`${green ? 'all green' : 'RED'} after ${((performance.now() - begun) / 1000).toFixed(0)} s`);
process.exitCode = green ? 0 : 1;
