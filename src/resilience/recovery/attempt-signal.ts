// What an attempt and the recovery that makes it tell each other while it lasts.

/** As the attempt sees it. */
export interface AttemptSignal {
  /** Nobody waits for it any more. */
  readonly cancelled: boolean;
  /** `run` is called at once if it is cancelled already. */
  onCancel(run: () => void): void;
  /** What may help is done, and shows soon: if the failure goes away from now on, this attempt ended it. */
  acted(): void;
  /** Why it does not help so far, as the code of an error; the last one counts. */
  note(code: string): void;
}

/** As the recovery sees it. */
export class AttemptControl implements AttemptSignal {
  cancelled = false;
  hasActed = false;
  code: string | null = null;
  #listeners: (() => void)[] = [];

  onCancel(run: () => void): void {
    if (this.cancelled) run();
    else this.#listeners.push(run);
  }

  acted(): void {
    this.hasActed = true;
  }

  note(code: string): void {
    this.code = code;
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    for (const listener of this.#listeners) listener();
    this.#listeners = [];
  }
}
