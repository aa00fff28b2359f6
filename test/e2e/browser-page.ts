// A page of ours in a real browser, from a plain HTTP address that is no secure context: bundled, served and opened.

import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { rolldown } from 'rolldown';

/** Names that Chromium's executable goes by. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** Resolves to loopback in the browser only. A name, since browsers trust loopback addresses and `localhost`. */
export const PAGE_HOST = 'node.lan';

/** The browser to test with: `BITCRAPS_BROWSER`, else the first Chromium of the path; `null` if there is none. */
export function findBrowser(): string | null {
  const named = process.env['BITCRAPS_BROWSER'];
  if (named !== undefined && named !== '') return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const files = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return files.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface OpenPage {
  readonly page: Page;
  /** `http://node.lan:PORT` */
  readonly origin: string;
  /** What the page wrote to its console, and its errors. */
  readonly console: readonly string[];
  close(): Promise<void>;
}

/** The script of a page, in one piece. It fails on an import that only Node has. */
export async function bundlePage(entry: string): Promise<string> {
  const bundle = await rolldown({ input: entry, platform: 'browser', logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
  await bundle.close();
  const [chunk] = output;
  if (chunk.imports.length > 0) throw new Error(`the page imports ${chunk.imports.join(', ')}`);
  return chunk.code;
}

/** Serves `script` and opens a page with it in `browser`. */
export async function openPage(browser: string, script: string): Promise<OpenPage> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>',
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://${PAGE_HOST}:${port}`;
  const isRoot = process.getuid?.() === 0;
  const instance = await chromium.launch({
    executablePath: browser,
    args: [
      `--host-resolver-rules=MAP ${PAGE_HOST} 127.0.0.1`,
      // Chromium's own sandbox refuses to run as root.
      ...(isRoot ? ['--no-sandbox'] : []),
    ],
  });
  const page = await instance.newPage();
  const lines: string[] = [];
  page.on('console', (message) => lines.push(message.text()));
  page.on('pageerror', (error) => lines.push(String(error)));
  await page.goto(origin);
  return {
    page,
    origin,
    console: lines,
    async close() {
      await instance.close();
      server.close();
    },
  };
}
