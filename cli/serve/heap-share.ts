import { totalmem } from 'node:os';
import process from 'node:process';

/**
 * Of the memory that a container has, for heaps; the rest is for buffers, code and the kernel's part of connections.
 */
const heapShare = 0.62;
const mebibyte = 1024 * 1024;

/**
 * Flags for one of several processes in a container: its share of the memory, since a limit that was meant for one
 * process would be taken by each. Nothing outside of containers, and where the heap's size is given in MiB.
 * @param flags of this process, those of NODE_OPTIONS too
 */
export function heapFlags(
  count: number,
  flags: readonly string[],
  memoryBytes: number | undefined = containerBytes(),
): readonly string[] {
  const given = flags.map((flag) => flag.replaceAll('_', '-'));
  if (memoryBytes === undefined || given.some((flag) => flag.startsWith('--max-old-space-size='))) return [];
  const percent = given.findLast((flag) => flag.startsWith('--max-old-space-size-percentage='))?.split('=')[1];
  const share = percent === undefined ? heapShare : Number(percent) / 100;
  return [`--max-old-space-size=${Math.floor((memoryBytes * share) / count / mebibyte)}`];
}

/** @returns undefined: there is no limit below what the machine has */
function containerBytes(): number | undefined {
  const bytes = process.constrainedMemory();
  return bytes > 0 && bytes < totalmem() ? bytes : undefined;
}
