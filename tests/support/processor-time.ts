/** Microseconds of processor time that some work takes, the best of a few runs: a busy machine does not make it more. */
export function processorTimeOf(work: () => unknown, runs = 3): number {
  const times = Array.from({ length: runs }, () => {
    const before = process.cpuUsage();
    work();
    return process.cpuUsage(before).user;
  });
  return Math.min(...times);
}
