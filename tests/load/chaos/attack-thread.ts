import { parentPort, workerData } from 'node:worker_threads';
import type { Target } from './scenario.ts';
import { scenarios } from './scenarios.ts';

// The thread that `run.ts` starts for an attack. It gets a name, since a function cannot be sent to a thread.
const { name, target } = workerData as { name: string; target: Target };
const scenario = scenarios.find((one) => one.name === name);
if (scenario === undefined) throw new Error(`no scenario ${name}`);
parentPort?.postMessage(await scenario.run(target));
