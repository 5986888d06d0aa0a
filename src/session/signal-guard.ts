/** How long a signal waits for the response of a refresh. */
const patience = 5000;
/** Task runners (concurrently, nodemon, execa) turn one Ctrl+C into several signals, up to 150 ms apart. */
const burst = 175;
const signals = ['SIGINT', 'SIGTERM'] as const;

/** The refreshes that are under way: each releases its lock before a signal ends the process, so that no other process waits for it. */
const active = new Set<() => void>();
let received: NodeJS.Signals | undefined;
let receivedAt = 0;
let timer: NodeJS.Timeout | undefined;

/**
 * @internal While a refresh is under way, the first SIGINT or SIGTERM waits for its response, at most 5 s, so that a rotated token is saved;
 * then it is raised again. The second acts at once, unless it is an echo of the first. If the app has a listener of its own for the signal, the app decides what happens.
 *
 * @param releaseLock - called before the signal is raised
 * @returns ends the guard
 */
export function guardAgainstSignals(releaseLock: () => void): () => void {
  const release = (): void => {
    releaseLock();
  };
  if (active.size === 0) for (const signal of signals) process.on(signal, receive);
  active.add(release);
  return () => {
    // The last one raises the signal that waited: its own lock is released, too.
    if (active.size === 1) end();
    active.delete(release);
  };
}

function receive(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  if (received !== undefined) {
    if (performance.now() - receivedAt < burst) return;
    received = signal;
    end();
    return;
  }
  received = signal;
  receivedAt = performance.now();
  timer = setTimeout(end, patience);
}

/** Restores what the signals do, and raises the one that waited. */
function end(): void {
  clearTimeout(timer);
  for (const signal of signals) process.off(signal, receive);
  if (received === undefined) return;
  const signal = received;
  received = undefined;
  for (const release of active) release();
  process.kill(process.pid, signal);
}
