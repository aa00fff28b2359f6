/**
 * How long a link that was closed may go on when its node stops, for its last frames, the goodbye, and the answer to it: a few
 * round trips of a wide network. Without it those who are left would take a node that leaves for one that failed.
 */
export const STOP_TIMEOUT_MS = 500;
