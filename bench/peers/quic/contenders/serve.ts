// The listening end of a contender, in a process of its own. The first byte of a pipe says what it is for: to be echoed,
// to be counted and acknowledged at the end, or to be filled while nobody reads.

import { loadContender, TAKES_REFUSED, type ContenderName, type Pipe } from './pipe.ts';

export const ECHO = 1;
export const COUNT = 2;
export const FILL = 3;

/** What the listening end tells of itself when asked. */
export interface Told {
  readonly cpu: NodeJS.CpuUsage;
  /** Bytes of the last filled pipe that its library has handed on to the engine or the system. */
  readonly handedOn: number;
}

const FRAME = new Uint8Array(16 * 1024);
const FILL_BYTES_MAX = 64 * 1024 * 1024;

const [, , name = '', countedText = ''] = process.argv;
const countedBytes = Number(countedText);
const takesRefused = TAKES_REFUSED.has(name as ContenderName);

let handedOn = (): number => 0;

function fill(pipe: Pipe, takesRefused: boolean): void {
  let written = 0;
  const more = (): void => {
    while (written < FILL_BYTES_MAX) {
      const taken = pipe.write(FRAME);
      if (taken || takesRefused) written += FRAME.length;
      if (!taken) return;
    }
  };
  handedOn = () => written - pipe.waitingBytes;
  pipe.onRoom = more;
  more();
}

function serve(pipe: Pipe): void {
  let mode = 0;
  let left = countedBytes;
  pipe.onBytes = (bytes) => {
    let rest = bytes;
    if (mode === 0) {
      [mode = 0] = bytes;
      rest = bytes.subarray(1);
      if (mode === FILL) {
        fill(pipe, takesRefused);
        return;
      }
      pipe.write(Uint8Array.of(mode));
    }
    if (rest.length === 0) return;
    if (mode === ECHO) pipe.write(rest.slice());
    else if (left > 0) {
      left -= rest.length;
      if (left <= 0) pipe.write(Uint8Array.of(COUNT));
    }
  };
  pipe.start();
}

if (process.send !== undefined) {
  const contender = await loadContender(name as ContenderName);
  const address = await contender.listen(serve);
  process.on('message', () => {
    const told: Told = { cpu: process.cpuUsage(), handedOn: handedOn() };
    process.send?.(told);
  });
  process.on('disconnect', () => process.exit());
  process.send(address);
}
