import { GatewayError } from '../../plugins/errors.ts';
import type { Upstream } from '../../plugins/ports.ts';

/** A valid id that no execution has: a server whose database works answers 404. */
const noExecution = '1';
const timeoutMs = 3_000;

/**
 * Whether NoETL answers reads that touch its database; its `/health` reports only that the process runs. Two reads are made,
 * of different routes: one slow route must not take every replica out of the Service.
 * @param executionsPath where executions live upstream, `/api/executions`
 * @returns what is wrong although NoETL answers; undefined when nothing is
 * @throws ERR_UPSTREAM when no read is answered
 */
export async function probeUpstream(upstream: Upstream, executionsPath: string): Promise<string | undefined> {
  const answers = async (path: string, route: string, query: readonly (readonly [string, string])[] = []) => {
    const call = { method: 'GET', path, query, idempotent: true, timeoutMs, route, class: 'probe' } as const;
    const reply = await upstream.request(call).catch(() => undefined);
    return reply !== undefined && (reply.status < 400 || reply.status === 404);
  };
  const [list, detail] = await Promise.all([
    answers(executionsPath, executionsPath, [
      ['page', '1'],
      ['page_size', '1'],
    ]),
    answers(`${executionsPath}/${noExecution}`, `${executionsPath}/{execution_id}`, [['include_events', 'false']]),
  ]);
  if (!list && !detail) throw new GatewayError('ERR_UPSTREAM', 'NoETL does not answer a read');
  if (list && detail) return undefined;
  const failing = list ? `${executionsPath}/{execution_id}` : executionsPath;
  return `NoETL answers, but not GET ${failing} within ${timeoutMs / 1_000} s`;
}
