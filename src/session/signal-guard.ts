/** How long a signal waits for the response of a refresh. */
const patience = 5000;
const signals = ['SIGINT', 'SIGTERM'] as const;

let active = 0;
let received: NodeJS.Signals | undefined;
let timer: NodeJS.Timeout | undefined;

/**
 * @internal While a refresh is under way, the first SIGINT or SIGTERM waits for its response, at most 5 s, so that a rotated token is saved;
 * then it is raised again. The second acts at once. If the app has a listener of its own for the signal, the app decides what happens.
 *
 * @returns ends the guard; to be called once
 */
export function guardAgainstSignals(): () => void {
  active += 1;
  if (active === 1) for (const signal of signals) process.on(signal, receive);
  return () => {
    active -= 1;
    if (active === 0) end();
  };
}

function receive(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  if (received !== undefined) {
    received = signal;
    end();
    return;
  }
  received = signal;
  timer = setTimeout(end, patience);
}

/** Restores what the signals do, and raises the one that waited. */
function end(): void {
  clearTimeout(timer);
  for (const signal of signals) process.off(signal, receive);
  if (received === undefined) return;
  const signal = received;
  received = undefined;
  process.kill(process.pid, signal);
}
