// Posts alerts as JSON to an HTTP address. The address may hold a secret (those of chat programs do), so only its host is
// ever shown. Redirects are not followed: they would take the secret, and the alert, somewhere else.

import type { AlertSink, SendOutcome } from '../../env/alert-sink.ts';

/** From the request to the head of the answer; its body is not read. */
const TIMEOUT_MS = 5_000;
/** Answers after which another attempt may go better: a timeout, too many at once, and whatever is the server's fault. */
const RETRY_STATUS: ReadonlySet<number> = new Set([408, 425, 429]);

export interface WebhookOptions {
  /** `http:` or `https:`. */
  readonly url: URL;
  /** Goes along as `Authorization: Bearer …`; `null`: none does. */
  readonly token: string | null;
  /** Default `TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

export function webhookSink({ url, token, timeoutMs = TIMEOUT_MS }: WebhookOptions): AlertSink {
  const headers = {
    'Content-Type': 'application/json',
    ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
  };
  const stopped = new AbortController();
  return {
    name: `webhook ${url.host}`,
    async send(notice) {
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers,
          body: JSON.stringify(notice),
          redirect: 'manual',
          signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(timeoutMs)]),
        });
        await response.body?.cancel();
        return outcomeOf(response.status);
      } catch (error) {
        return failureOf(error);
      }
    },
    stop: () => stopped.abort(),
  };
}

function outcomeOf(status: number): SendOutcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const kind = status >= 500 || RETRY_STATUS.has(status) ? 'failed' : 'refused';
  return { kind, detail: `status ${status}` };
}

/** The system's code, never a message of ours or the server's: that may hold the address. */
function failureOf(error: unknown): SendOutcome {
  if (!(error instanceof Error)) return { kind: 'failed', detail: 'unknown' };
  if (error.name === 'TimeoutError') return { kind: 'failed', detail: 'timeout' };
  const { cause } = error;
  if (typeof cause === 'object' && cause !== null && 'code' in cause)
    return { kind: 'failed', detail: String(cause.code) };
  // The request itself is one that cannot be made: a port that HTTP clients keep off, a header that is none.
  const isOurs = error.name === 'TypeError';
  return { kind: isOurs ? 'refused' : 'failed', detail: isOurs ? 'bad request' : error.name };
}
