// A node that is slow as in the Lifeguard paper's experiments (section V-A): it blocks before it sends and after it has
// received, while its timers go on.

export class SlowGate {
  #isSlow = false;
  readonly #waiting: (() => void)[] = [];

  get isSlow(): boolean {
    return this.#isSlow;
  }

  set isSlow(slow: boolean) {
    this.#isSlow = slow;
    while (!this.#isSlow) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      next();
    }
  }

  /** Something that is sent or was received: now, or in its turn once the node is not slow any more. */
  pass(act: () => void): void {
    if (this.#isSlow || this.#waiting.length > 0) this.#waiting.push(act);
    else act();
  }
}
