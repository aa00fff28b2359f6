import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { concat, fromUtf8, utf8 } from '../../core/bytes.ts';
import { BitcrapsError } from '../../core/errors.ts';
import { temporaryFolders } from '../../../test/suites/temporary-folders.ts';
import { createLineSplitter } from './control-lines.ts';
import {
  callControl,
  followControl,
  serveControl,
  SOCKET_PATH_BYTES_MAX,
  type ControlBounds,
  type ControlHandler,
  type ControlServer,
} from './control-socket.ts';

const opened: ControlServer[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
});

const freshFolder = temporaryFolders();

function freshPath(): string {
  return join(freshFolder(), 'control.sock');
}

async function serve(handler: ControlHandler, bounds?: Partial<ControlBounds>): Promise<string> {
  const path = freshPath();
  opened.push(await serveControl(path, handler, bounds));
  return path;
}

const echo: ControlHandler = async (request) => request;

/** What the server says to raw bytes, line by line, until it ends. */
async function tell(path: string, bytes: Uint8Array): Promise<unknown[]> {
  const socket = createConnection(path);
  socket.on('error', () => undefined);
  socket.end(bytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return (fromUtf8(concat(...chunks)) ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
}

describe('lines', () => {
  test('come out whole however the stream is cut, up to the bound', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'ä', '💥', ' '), maxLength: 10 })),
        fc.array(fc.nat(20)),
        (lines, cuts) => {
          const stream = utf8(lines.map((line) => `${line}\n`).join(''));
          const splitter = createLineSplitter(40);
          const seen: Uint8Array[] = [];
          let from = 0;
          for (const cut of [...cuts, stream.length]) {
            seen.push(...(splitter.push(stream.subarray(from, from + cut)) ?? []));
            from += cut;
          }
          expect(seen.map((line) => fromUtf8(line))).toEqual(lines);
        },
      ),
    );
    expect(createLineSplitter(3).push(utf8('abc\n'))).toEqual([utf8('abc')]);
    expect(createLineSplitter(3).push(utf8('abcd'))).toBeNull();
  });
});

describe('calls', () => {
  test('carry a method, its parameters and the answer', async () => {
    const path = await serve(echo);
    const params = { text: 'ä 💥', list: [1, null, { deep: true }] };
    expect(await callControl(path, 'status', params)).toEqual({ method: 'status', params });
    expect(await callControl(path, 'status', undefined)).toEqual({ method: 'status' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('carry amounts as texts', async () => {
    const path = await serve(async () => ({ units: 21_000_000_000_000n }));
    expect(await callControl(path, 'supply', {})).toEqual({ units: '21000000000000' });
  });

  test('carry an error with its code, message and cure', async () => {
    const path = await serve(async ({ method }) => {
      if (method === 'coded') throw new BitcrapsError('STORE_FULL', { path: '/x' });
      throw new Error('a bug');
    });
    await expect(callControl(path, 'coded', {})).rejects.toMatchObject({
      code: 'STORE_FULL',
      message: 'no space left for /x',
    });
    await expect(callControl(path, 'plain', {})).rejects.toMatchObject({
      code: 'PLATFORM_CONTROL_FAILED',
    });
    expect(await tell(path, utf8('{"method":"coded"}\n'))).toEqual([
      {
        error: {
          code: 'STORE_FULL',
          message: 'no space left for /x',
          cure: expect.stringContaining('space'),
        },
      },
    ]);
  });

  test('of one connection are answered in order', async () => {
    const path = await serve(async ({ method }) => {
      if (method === '0') await new Promise(setImmediate);
      return method;
    });
    const requests = Array.from({ length: 50 }, (_, i) => `{"method":"${i}"}\n`).join('');
    expect(await tell(path, utf8(requests))).toEqual(
      Array.from({ length: 50 }, (_, i) => ({ result: `${i}` })),
    );
  });
});

describe('bad requests', () => {
  test.each(['', 'hello', '[]', '{}', '{"method":1}', 'null', '"x"', '{"method":"a"'])(
    'the line %j is answered with a code, and the next one is served',
    async (line) => {
      const path = await serve(echo);
      expect(await tell(path, utf8(`${line}\n{"method":"next"}\n`))).toEqual([
        { error: expect.objectContaining({ code: 'PLATFORM_CONTROL_REQUEST_MALFORMED' }) },
        { result: { method: 'next' } },
      ]);
    },
  );

  test('invalid UTF-8 is answered with a code', async () => {
    const path = await serve(echo);
    expect(await tell(path, Uint8Array.of(0xff, 0xfe, 0x0a))).toMatchObject([
      { error: { code: 'PLATFORM_CONTROL_REQUEST_MALFORMED' } },
    ]);
  });

  test('a line longer than the bound is answered with a code and ends the connection', async () => {
    const path = await serve(echo, { requestBytesMax: 1000 });
    expect(await tell(path, utf8('x'.repeat(5000)))).toMatchObject([
      { error: { code: 'PLATFORM_CONTROL_REQUEST_TOO_LONG' } },
    ]);
    expect(await callControl(path, 'a', {})).toEqual({ method: 'a', params: {} });
  });

  test('more connections than the bound are told so', async () => {
    const path = await serve(echo, { connectionsMax: 1 });
    const first = createConnection(path);
    first.write('{"method":"a"}\n');
    await once(first, 'data');
    await expect(callControl(path, 'b', {})).rejects.toMatchObject({
      code: 'PLATFORM_CONTROL_BUSY',
    });
    first.destroy();
  });
});

async function* count(to: number, padding = ''): AsyncGenerator {
  for (let n = 0; n < to; n += 1) yield { n, padding };
}

/** One event, and then none for ever. */
async function* oneAndSilence(): AsyncGenerator {
  yield 1;
  await new Promise(() => undefined);
}

async function* oneAndError(): AsyncGenerator {
  yield 1;
  throw new BitcrapsError('STORE_FULL', { path: '/x' });
}

/** Events without end; calls `left` when nobody wants them any more. */
async function* forever(left: () => void): AsyncGenerator {
  try {
    for (let n = 0; ; n += 1) {
      yield n;
      await new Promise(setImmediate);
    }
  } finally {
    left();
  }
}

describe('streams', () => {
  test('carry events until their end', async () => {
    const path = await serve(async () => count(2));
    const seen: unknown[] = [];
    for await (const event of followControl(path, 'events', {})) seen.push(event);
    expect(seen).toEqual([
      { n: 0, padding: '' },
      { n: 1, padding: '' },
    ]);
  });

  test('end at the node when the client leaves', async () => {
    const left = Promise.withResolvers<void>();
    const path = await serve(async () => forever(left.resolve));
    for await (const event of followControl(path, 'events', {})) if (event === 3) break;
    await left.promise;
  });

  test('of a client that left give their place to another, even while nothing happens', async () => {
    const path = await serve(async () => oneAndSilence(), { connectionsMax: 1 });
    for (let i = 0; i < 3; i += 1) {
      for (;;) {
        const events = followControl(path, 'events', {});
        try {
          expect((await events.next()).value).toBe(1);
          await events.return();
          break;
        } catch (error) {
          // The node has not seen yet that the one before is gone.
          expect(error).toMatchObject({ code: 'PLATFORM_CONTROL_BUSY' });
        }
      }
    }
  });

  test('drop the oldest events for a slow reader, and say how many', async () => {
    const total = 20_000;
    const path = await serve(async () => count(total, 'x'.repeat(500)), { eventsWaitingMax: 10 });
    let seen = 0;
    let dropped = 0;
    let last = -1;
    for await (const item of followControl(path, 'events', {})) {
      const { n, dropped: lost } = item as { readonly n?: number; readonly dropped?: number };
      if (lost !== undefined) dropped += lost;
      if (n !== undefined) {
        seen += 1;
        last = n;
      }
    }
    expect(last).toBe(total - 1);
    expect(dropped).toBeGreaterThan(0);
    expect(seen + dropped).toBe(total);
  });

  test('carry the error that ends them', async () => {
    const path = await serve(async () => oneAndError());
    const events = followControl(path, 'events', {});
    expect((await events.next()).value).toBe(1);
    await expect(events.next()).rejects.toMatchObject({ code: 'STORE_FULL' });
  });

  test('tell when the node stops', async () => {
    const path = await serve(async () => oneAndSilence());
    const events = followControl(path, 'events', {});
    await events.next();
    await opened.pop()?.close();
    await expect(events.next()).rejects.toMatchObject({ code: 'PLATFORM_CONTROL_BROKEN' });
    expect(existsSync(path)).toBe(false);
  });
});

describe('the socket', () => {
  test('that is not there is a node that is not running', async () => {
    await expect(callControl(freshPath(), 'a', {})).rejects.toMatchObject({
      code: 'PLATFORM_NODE_NOT_RUNNING',
    });
  });

  test('of a node that was killed is not running either, and is replaced', async () => {
    const path = freshPath();
    const program = `
      import { serveControl } from ${JSON.stringify(join(import.meta.dirname, 'control-socket.ts'))};
      await serveControl(${JSON.stringify(path)}, async () => 1);
      process.stdout.write('up');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(await callControl(path, 'a', {})).toBe(1);
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    expect(existsSync(path)).toBe(true);
    await expect(callControl(path, 'a', {})).rejects.toMatchObject({
      code: 'PLATFORM_NODE_NOT_RUNNING',
    });
    opened.push(await serveControl(path, async () => 2));
    expect(await callControl(path, 'a', {})).toBe(2);
  });

  test('that another process serves is left alone', async () => {
    const path = await serve(echo);
    await expect(serveControl(path, echo)).rejects.toMatchObject({
      code: 'PLATFORM_SOCKET_UNUSABLE',
    });
    expect(await callControl(path, 'a', {})).toEqual({ method: 'a', params: {} });
  });

  test('has a path that the system can hold, in a folder that is there', async () => {
    const long = `/tmp/${'x'.repeat(SOCKET_PATH_BYTES_MAX)}`;
    const tooLong = { code: 'PLATFORM_SOCKET_PATH_TOO_LONG' };
    await expect(serveControl(long, echo)).rejects.toMatchObject(tooLong);
    await expect(callControl(long, 'a', {})).rejects.toMatchObject(tooLong);
    await expect(serveControl('/tmp/no/such/folder/x.sock', echo)).rejects.toMatchObject({
      code: 'PLATFORM_SOCKET_UNUSABLE',
    });
  });
});
