// All that a mesh node takes from a page: its world as arguments. It asks for no secure context, so a page from a plain
// HTTP address in the LAN is a peer like any other.

import type { Clock } from '../../env/clock.ts';
import type { Compressor } from '../../env/compressor.ts';
import type { Logger } from '../../env/logger.ts';
import type { Metrics } from '../../env/metrics.ts';
import type { Primitives } from '../../env/primitives.ts';
import type { Rng } from '../../env/rng.ts';
import { systemClock } from '../node/clock.ts';
import { createPageLogger, type LogLevel, type LogSink } from './logger.ts';
import { unkept } from './metrics.ts';
import { loadPrimitives } from './primitives.ts';
import { browserRng } from './rng.ts';
import { loadZstd } from './zstd.ts';

export { createPageWebSockets } from './websocket-dialer.ts';

export interface PagePlatform {
  readonly primitives: Primitives;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly compressor: Compressor;
}

export interface PageOptions {
  /** Events below it are not logged; default `warn`. */
  readonly level?: LogLevel;
  /** Default: the console. */
  readonly sink?: LogSink;
}

/** Once both WebAssembly modules are compiled. */
export async function loadPagePlatform(options: PageOptions = {}): Promise<PagePlatform> {
  const [primitives, compressor] = await Promise.all([loadPrimitives(), loadZstd()]);
  return {
    primitives,
    clock: systemClock,
    rng: browserRng,
    logger: createPageLogger(options.level ?? 'warn', options.sink),
    metrics: unkept,
    compressor,
  };
}
