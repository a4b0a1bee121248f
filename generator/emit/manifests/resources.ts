import type { ResolvedConfig } from '../../../gateway/config/gateway-config.ts';

/**
 * What a pod asks for and may have. The file system of the container is read-only; what is left of ephemeral storage is
 * the log, which the node rotates.
 */
export const podResources = ({ resources }: Pick<ResolvedConfig['deploy'], 'resources'>) => ({
  requests: { cpu: resources.cpu, memory: `${resources.memoryMib}Mi`, 'ephemeral-storage': '64Mi' },
  limits: { cpu: resources.cpuLimit, memory: `${resources.memoryLimitMib}Mi`, 'ephemeral-storage': '256Mi' },
});

/** The account of the image: above 10,000, so that it is not a user of the node. */
export const containerUser = 10_001;

/** Of the container's memory, for the heap; the rest is for buffers, code and the kernel's part of connections. */
const heapPercent = 62;

/** What Node is started with in the image. The heap follows the memory limit that the container has. */
export const nodeOptions = `--max-old-space-size-percentage=${heapPercent} --max-semi-space-size=16`;
