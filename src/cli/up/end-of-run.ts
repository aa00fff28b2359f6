// What ends a run from outside: a signal, or the end of the npm that started it.

/** npm does not pass KILL on, and nobody tells a process that its parent is gone: it has to look. */
const PARENT_CHECK_MS = 250;

export interface EndOfRun {
  /** Resolves with what happened, once. */
  readonly asked: Promise<string>;
  release(): void;
}

/** Under npm the parent is watched too; from a shell, a run may outlive the shell. */
export function watchForEnd(): EndOfRun {
  const { promise: asked, resolve } = Promise.withResolvers<string>();
  const listeners = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => {
    const listener = (): void => resolve(signal);
    process.on(signal, listener);
    return { signal, listener };
  });
  const parent = process.ppid;
  const underNpm = process.env['npm_lifecycle_event'] !== undefined;
  const timer = setInterval(() => {
    if (underNpm && process.ppid !== parent) resolve('the end of npm');
  }, PARENT_CHECK_MS);
  timer.unref();
  return {
    asked,
    release() {
      clearInterval(timer);
      for (const { signal, listener } of listeners) process.off(signal, listener);
    },
  };
}
