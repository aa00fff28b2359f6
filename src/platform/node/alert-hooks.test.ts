// The two ways alerts take out of a node, with real servers and real programs.

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import type { AlertNotice } from '../../env/alert-sink.ts';
import { commandSink } from './alert-command.ts';
import { webhookSink } from './alert-webhook.ts';

const NOTICE: AlertNotice = {
  kind: 'raised',
  text: 'something is wrong; "quoted" $(and not run)',
  node: 'n',
  name: 'a',
  alert: {
    key: 'member-gone:x',
    rule: 'member-gone',
    subject: 'x',
    severity: 'warning',
    why: 'x is gone',
    cure: 'Start it.',
    value: 1,
    sinceMs: 1,
    raisedMs: 2,
    clearedMs: null,
  },
};
const SECRET = 'SECRET0123';

describe('a webhook', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  interface Request {
    readonly method: string;
    readonly authorization: string | undefined;
    readonly body: string;
  }

  /** A server on this machine; `answer` ends the response, or lets the client wait. */
  async function serve(
    answer: (response: ServerResponse) => void,
  ): Promise<{ readonly url: URL; readonly requests: Request[] }> {
    const requests: Request[] = [];
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const { method = '', headers } = request;
        requests.push({ method, authorization: headers.authorization, body });
        answer(response);
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { url: new URL(`http://127.0.0.1:${port}/hooks/${SECRET}`), requests };
  }

  test('posts the alert as JSON, with the token', async () => {
    const { url, requests } = await serve((response) => response.end('ok'));
    const sink = webhookSink({ url, token: 'tok' });
    expect(await sink.send(NOTICE)).toEqual({ kind: 'delivered' });
    expect(requests).toMatchObject([{ method: 'POST', authorization: 'Bearer tok' }]);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual(NOTICE);
    expect(sink.name).not.toContain(SECRET);
  });

  test.each([
    [500, 'failed'],
    [503, 'failed'],
    [429, 'failed'],
    [404, 'refused'],
    [401, 'refused'],
  ] as const)('status %i: %s', async (status, kind) => {
    const { url } = await serve((response) => response.writeHead(status).end());
    const sink = webhookSink({ url, token: null });
    expect(await sink.send(NOTICE)).toEqual({ kind, detail: `status ${status}` });
  });

  test('follows no redirect: the alert goes nowhere else', async () => {
    const elsewhere = await serve((response) => response.end());
    const { url } = await serve((response) =>
      response.writeHead(307, { Location: elsewhere.url.href }).end(),
    );
    const sink = webhookSink({ url, token: 'tok' });
    expect(await sink.send(NOTICE)).toEqual({ kind: 'refused', detail: 'status 307' });
    expect(elsewhere.requests).toEqual([]);
  });

  test('under way ends with the sink', async () => {
    const { url } = await serve(() => {});
    const sink = webhookSink({ url, token: null });
    const sent = sink.send(NOTICE);
    sink.stop();
    expect(await sent).toEqual({ kind: 'failed', detail: 'AbortError' });
  });

  test('gives up a server that does not answer, and one that is not there, without naming the path', async () => {
    const { url } = await serve(() => {});
    const silent = await webhookSink({ url, token: null, timeoutMs: 50 }).send(NOTICE);
    expect(silent).toEqual({ kind: 'failed', detail: 'timeout' });
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    const gone = await webhookSink({ url, token: null }).send(NOTICE);
    expect(gone).toEqual({ kind: 'failed', detail: 'ECONNREFUSED' });
  });
});

describe('a webhook that no attempt can reach', () => {
  test.each([
    ['a port that HTTP clients keep off', 'http://127.0.0.1:9/', null],
    ['a user in the address', 'http://user:pw@127.0.0.1:8000/', null],
    ['a token that is no header', 'http://127.0.0.1:8000/', 'a\nb'],
  ])('%s is refused', async (_, url, token) => {
    const sink = webhookSink({ url: new URL(url), token });
    expect(await sink.send(NOTICE)).toEqual({ kind: 'refused', detail: 'bad request' });
  });
});

describe('a command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bc-hook-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A program that a hook may run. */
  function script(name: string, lines: readonly string[]): string {
    const path = join(folder, name);
    writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
    chmodSync(path, 0o700);
    return path;
  }

  test('gets the alert on its input, its own arguments as they are, and no secret of the environment', async () => {
    const out = join(folder, 'out');
    process.env['BITCRAPS_PASSPHRASE'] = SECRET;
    const program = script('record', ['{ cat; echo "$1"; env; } > "$2"']);
    const sink = commandSink({ program, args: ['$(id); "x"', out] });
    const sent = await sink.send(NOTICE);
    delete process.env['BITCRAPS_PASSPHRASE'];
    expect(sent).toEqual({ kind: 'delivered' });
    const [line = '', argument = '', ...environment] = readFileSync(out, 'utf8').split('\n');
    expect(JSON.parse(line)).toEqual(NOTICE);
    expect(argument).toBe('$(id); "x"');
    expect(environment.join('\n')).not.toContain(SECRET);
    expect(environment.filter((one) => /^(BITCRAPS|HOME|NODE)/.test(one))).toEqual([]);
  });

  test('tells how it ended', async () => {
    const failing = commandSink({ program: script('failing', ['exit 3']), args: [] });
    expect(await failing.send(NOTICE)).toEqual({ kind: 'failed', detail: 'exit 3' });
    const missing = commandSink({ program: join(folder, 'missing'), args: [] });
    expect(await missing.send(NOTICE)).toEqual({ kind: 'refused', detail: 'ENOENT' });
  });

  test('is ended with all that it started when it takes too long', async () => {
    const after = join(folder, 'after');
    // What the shell starts ends with it; else it would write the file before the test looks.
    const program = script('slow', [`(sleep 1; touch ${after}) &`, 'wait']);
    const sink = commandSink({ program, args: [], timeoutMs: 50 });
    expect(await sink.send(NOTICE)).toEqual({ kind: 'failed', detail: 'timeout' });
    const waiting = commandSink({ program: script('waiting', ['sleep 1.5']), args: [] });
    expect(await waiting.send(NOTICE)).toEqual({ kind: 'delivered' });
    expect(existsSync(after)).toBe(false);
  });

  test('what it leaves behind ends with its time, or with the sink', async () => {
    const left = join(folder, 'left');
    const program = script('leaving', [`(sleep 1; touch "$1") &`]);
    const brief = commandSink({ program, args: [left], timeoutMs: 200 });
    expect(await brief.send(NOTICE)).toEqual({ kind: 'delivered' });
    const stopped = join(folder, 'stopped');
    const long = commandSink({ program, args: [stopped] });
    expect(await long.send(NOTICE)).toEqual({ kind: 'delivered' });
    long.stop();
    const waiting = commandSink({ program: script('waiting-more', ['sleep 1.5']), args: [] });
    expect(await waiting.send(NOTICE)).toEqual({ kind: 'delivered' });
    expect(existsSync(left)).toBe(false);
    expect(existsSync(stopped)).toBe(false);
  });

  test('what it leaves behind and ends early is not killed later: its number may be another’s then', async () => {
    const file = join(folder, 'group');
    const enough = join(folder, 'enough');
    const leftover = `(until [ -e ${enough} ]; do sleep 0.05; done) &`;
    const sink = commandSink({
      program: script('brief', [`echo $$ > ${file}`, leftover]),
      args: [],
    });
    const kill = vi.spyOn(process, 'kill');
    const idle = process.listenerCount('exit');
    expect(await sink.send(NOTICE)).toEqual({ kind: 'delivered' });
    const group = -Number(readFileSync(file, 'utf8'));
    expect(process.listenerCount('exit')).toBe(idle + 1);
    writeFileSync(enough, '');
    // Until it is not watched any more; a further program passes the time.
    const waiting = commandSink({ program: script('a-moment', ['sleep 0.2']), args: [] });
    while (process.listenerCount('exit') > idle) await waiting.send(NOTICE);
    sink.stop();
    const { calls, results } = kill.mock;
    const blind = calls.filter(
      ([pid, name], at) => pid === group && name !== 0 && results[at]?.type === 'throw',
    );
    kill.mockRestore();
    // Where nobody takes the ended process away, it holds the number, and may be killed.
    expect(blind).toEqual([]);
  });

  test('under way ends with the sink', async () => {
    const sink = commandSink({ program: script('under-way', ['sleep 60']), args: [] });
    const sent = sink.send(NOTICE);
    sink.stop();
    expect(await sent).toEqual({ kind: 'failed', detail: 'SIGKILL' });
  });

  test('that cannot be started for now fails, and harms nobody', () => {
    // Without a free descriptor no pipe can be made for its input.
    const source = `
      import { openSync } from 'node:fs';
      import { commandSink } from ${JSON.stringify(new URL('./alert-command.ts', import.meta.url).href)};
      const sink = commandSink({ program: '/bin/true', args: [] });
      try { for (;;) openSync('/dev/null'); } catch {}
      const outcome = await sink.send({});
      process.stdout.write(JSON.stringify(outcome));`;
    const node = [process.execPath, '--input-type=module', '-e', source];
    const { stdout } = spawnSync('/bin/sh', ['-c', 'ulimit -n 64; exec "$@"', 'sh', ...node], {
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout)).toEqual({ kind: 'failed', detail: 'EMFILE' });
  });

  test('that is too large to be started fails', async () => {
    // More than the kernel takes for one argument (128 KiB on Linux).
    const sink = commandSink({ program: '/bin/true', args: ['x'.repeat(1_000_000)] });
    expect(await sink.send(NOTICE)).toEqual({ kind: 'failed', detail: 'E2BIG' });
  });

  test('need not read its input', async () => {
    const big = { ...NOTICE, text: 'x'.repeat(1_000_000) };
    const sink = commandSink({ program: script('deaf', ['exit 0']), args: [] });
    expect(await sink.send(big)).toEqual({ kind: 'delivered' });
  });
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  return body;
}
