// The metrics of a node over HTTP, for Prometheus to scrape: one path, read only, a few readers at once.

import { createServer } from 'node:http';
import { unwrap } from '../../core/errors.ts';
import { formatAddress, parseAddress } from '../links/address.ts';
import { bindTcp } from '../links/tcp-bind.ts';
import type { NodeMetrics } from './metrics.ts';

export const METRICS_PATH = '/metrics';
/** Connections at once; more are closed. */
const CONNECTIONS_MAX = 16;
/** From a connection to the end of its request. */
const REQUEST_TIMEOUT_MS = 5_000;

export interface MetricsServer {
  /** With the real port. */
  readonly address: string;
  close(): Promise<void>;
}

/** Rejects with `LINK_ADDRESS_INVALID`, `LINK_ADDRESS_IN_USE` or `LINK_ADDRESS_REFUSED`. */
export async function serveMetrics(address: string, metrics: NodeMetrics): Promise<MetricsServer> {
  const wanted = unwrap(parseAddress(address));
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      const isReading = request.method === 'GET' || request.method === 'HEAD';
      if (!isReading || request.url !== METRICS_PATH) {
        response.writeHead(isReading ? 404 : 405, { 'Content-Type': 'text/plain' });
        response.end(`GET ${METRICS_PATH}\n`);
        return;
      }
      metrics.render().then(
        (text) => {
          response.writeHead(200, { 'Content-Type': metrics.contentType });
          response.end(text);
        },
        () => {
          response.writeHead(500);
          response.end();
        },
      );
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  const bound = await bindTcp(server, wanted, address);
  return {
    address: formatAddress(bound),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
