// The load of one contender: a process of its own, on another processor than the relay, that starts the relay, holds both ends
// and runs workloads as it is asked to. Words: contender, folder, the relay's processor.

import { isContender, CONTENDERS, openBaseline } from './contenders.ts';
import { runWorkload, type Outcome, type Workload } from './workload.ts';

export interface LoadRequest {
  readonly workload: Workload;
  /** Over no relay at all. */
  readonly direct: boolean;
  readonly seed: number;
}

export type LoadAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly reason: string };

const tell = (answer: LoadAnswer): void => void process.send?.(answer);
const failed = (error: unknown): void =>
  tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });

const [name = '', folder = '', relayCore = '0'] = process.argv.slice(2);
if (!isContender(name)) throw new Error(`no contender is called ${name}`);
try {
  const options = { folder, relayCore: Number(relayCore), nodeFlags: [] };
  const carrier = await CONTENDERS[name].open(options);
  const direct = await openBaseline(options);
  process.on('message', (request: LoadRequest) => {
    const { workload, seed } = request;
    runWorkload(request.direct ? direct : carrier, workload, seed).then(
      (outcome) => tell({ kind: 'outcome', outcome }),
      failed,
    );
  });
  process.once('disconnect', () => {
    void Promise.all([carrier.close(), direct.close()]).finally(() => process.exit(0));
  });
  tell({ kind: 'ready' });
} catch (error) {
  failed(error);
  process.exitCode = 1;
  process.disconnect();
}
