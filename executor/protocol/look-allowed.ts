import type { RootCall } from '../root-call.ts';
import type { ExecutionGate } from './execution-access.ts';
import type { Asking, Look } from './execution-reads.ts';
import { type Executions, noSuchExecution } from './executions.ts';

/** An execution, as whoever may see it sees it. @throws ERR_NOT_FOUND alike for what is missing and what is hidden */
export async function lookAllowed(
  call: RootCall,
  id: string,
  asking: Asking,
  { executions, gate }: { executions: Executions; gate: ExecutionGate },
): Promise<Look> {
  const look = await executions.look(id, asking);
  if (look === undefined || !(await gate(call, look.detail.path))) throw noSuchExecution();
  return look;
}
