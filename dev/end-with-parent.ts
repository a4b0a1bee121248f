import process from 'node:process';

/**
 * Calls `stop` once when the process that has started this one is gone: a terminal that was closed, or `npm` that was
 * killed. Linux and macOS give an orphan another parent. A process whose parent is already init is not watched.
 * @param parentOf the id of the parent now. Default: of this process
 */
export function endWithParent(stop: () => void, parentOf: () => number = () => process.ppid, everyMs = 500): void {
  const first = parentOf();
  if (first === 1) return;
  const timer = setInterval(() => {
    if (parentOf() === first) return;
    clearInterval(timer);
    stop();
  }, everyMs);
  timer.unref();
}
