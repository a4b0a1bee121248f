#!/usr/bin/env node
import process from 'node:process';
import { nodeProblem } from './node-problem.ts';

// The reader may stop reading (`| head`): that is not a failure of this command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

// Nothing else is imported before this is known: what follows does not even load on an older Node.
const problem = nodeProblem(process.versions.node);
if (problem === undefined) {
  // Code that was compiled once is read from the disk at the next start; where nothing can be written, nothing changes.
  (await import('node:module')).enableCompileCache();
  const { runProgram } = await import('./program.ts');
  await runProgram(process.argv);
} else {
  console.error(problem);
  process.exitCode = 2;
}
