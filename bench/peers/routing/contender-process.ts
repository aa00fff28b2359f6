// A contender as a process of its own, so that no compiler, heap or cache state of one helps or hurts another. It waits
// for a line while others are measured.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Contending {
  readonly name: string;
  /** Sends one line, and answers the line that comes back. */
  ask(line: string): Promise<string>;
  end(): Promise<void>;
}

/** Starts one and waits until it has read its graph. */
export async function startContender(
  name: string,
  command: readonly string[],
): Promise<Contending> {
  const [program = '', ...words] = command;
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { done, value } = await lines.next();
    if (done === true) throw new Error(`${name} ended before it answered (${command.join(' ')})`);
    return value;
  };
  const ready = await next();
  if (ready !== 'ready') throw new Error(`${name} said ${ready} instead of ready`);
  return {
    name,
    ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    async end() {
      child.stdin.end();
      await ended;
    },
  };
}
