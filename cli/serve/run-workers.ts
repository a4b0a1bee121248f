import cluster from 'node:cluster';
import process from 'node:process';
import type { ResolvedConfig } from '../../gateway/config/gateway-config.ts';
import { createLogger } from '../../gateway/observe/logger.ts';
import { takePorts } from '../../gateway/take-ports.ts';
import { createCrew } from '../../gateway/workers/crew.ts';
import { createSupervisor, type WorkerProcess } from '../../gateway/workers/supervisor.ts';
import { listenOnce } from '../listen-once.ts';
import { heapFlags } from './heap-share.ts';

/**
 * Starts worker processes and keeps them running until a signal (ADR 0019). This process serves no request.
 * @throws ERR_CONFIG_INVALID when a port is taken
 */
export async function runWorkers(config: ResolvedConfig, count: number): Promise<void> {
  const alone = { listen: listenOnce };
  // Alone, and before the workers: `SO_REUSEPORT` would share a port with another program of this user in silence.
  await takePorts(config.listen, { public: alone, internal: alone });
  const flags = [...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/), ...process.execArgv];
  // `advanced` carries dates and byte arrays, which JSON would change. Each worker gets its share of the heap.
  cluster.setupPrimary({ serialization: 'advanced', execArgv: [...process.execArgv, ...heapFlags(count, flags)] });
  const supervisor = createSupervisor({
    count,
    crew: createCrew(config, count, Date.now),
    fork: forkWorker,
    log: createLogger({ level: config.observability.logLevel, pretty: false }),
    clock: Date.now,
    drainMs: config.listen.drainMs,
    onEnd: (code) => process.exit(code),
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => supervisor.stop());
  supervisor.start();
}

function forkWorker(): WorkerProcess {
  const worker = cluster.fork();
  return {
    pid: worker.process.pid,
    wire: {
      send(message) {
        if (!worker.isConnected()) throw new Error('the worker has ended');
        // An error of sending is left to the answer that does not come.
        worker.send(message as object, undefined, () => {});
      },
      listen: (listener) => void worker.on('message', listener),
    },
    onExit: (listener) => void worker.on('exit', listener),
    // For a worker that has not ended in its time.
    kill: () => void worker.process.kill('SIGKILL'),
  };
}
