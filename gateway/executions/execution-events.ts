import { eventView } from '../../plugins/noetl/hidden-values.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import type { Asking } from './execution-reads.ts';
import { type Executions, noSuchExecution, stateOf } from './executions.ts';

/**
 * A page of an execution's events as callers see it: secrets masked, errors as `execution` reports them, and the same
 * status as `execution`, whatever NoETL claims at the moment.
 * @param body NoETL's answer; undefined: this server has events in its detail only (Rust)
 * @param id canonical digits
 * @throws ERR_NOT_FOUND when NoETL does not know the execution
 */
export async function eventsAnswer(
  id: string,
  body: unknown,
  executions: Executions,
  asking: Asking,
): Promise<unknown> {
  const snapshot = await executions.look(id, asking);
  if (snapshot === undefined) throw noSuchExecution();
  const { path } = snapshot.detail;
  const page = isJsonObject(body) ? body : await pageOfDetail(id, executions, asking);
  const shown = Array.isArray(page['events']) ? page['events'] : [];
  const events = shown.map((event) => executions.masked(eventView(event, executions.hidesErrors(path)), path));
  return { ...page, path: path ?? null, status: stateOf(snapshot), events };
}

async function pageOfDetail(
  id: string,
  executions: Executions,
  asking: Asking,
): Promise<Readonly<Record<string, unknown>>> {
  const events = await executions.events(id, asking);
  // Newest first, as the pages of the other server.
  return { execution_id: id, events: events.toReversed(), pagination: null };
}
