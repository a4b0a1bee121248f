import { type EventStreamClient, isEvent, openEvents } from '../event-stream-client.ts';
import type { ApiAnswer } from '../noetl-api.ts';
import { type ClientWorld, eventually, executeText, expectStatus, isOver, need } from './client-world.ts';

/** What several clients do alike. */
type Call = (method: string, path: string, body?: unknown) => Promise<ApiAnswer>;

/** An open `GET /events`, with the id that results go to. */
export interface ClientStream {
  readonly stream: EventStreamClient;
  readonly clientId: string;
}

/** Opens `/events` with the session in the address; with the id of an earlier stream when the client has one. */
export async function openStream(url: string, token: string | undefined, earlierId?: string): Promise<ClientStream> {
  const again = earlierId === undefined ? '' : `&client_id=${encodeURIComponent(earlierId)}`;
  const stream = await openEvents(url, `?session_token=${token}${again}`);
  const { data } = await stream.next(isEvent('message'));
  need(data.result.clientId, 'the first message has a client id', data);
  return { stream, clientId: data.result.clientId };
}

/** Waits for the result of a request. @returns its `params` */
export async function resultFor({ stream }: ClientStream, requestId: string | null) {
  const frame = await stream.next(
    ({ event, data }) => event === 'playbook/result' && data.params.requestId === requestId,
    30_000,
  );
  return frame.data.params;
}

export interface ClientStart {
  readonly executionId: string;
  readonly requestId: string | null;
}

/** Starts a playbook with the mutation that most clients send. */
export async function startPlaybook(
  call: Call,
  name: string,
  vars: Readonly<Record<string, unknown>>,
  clientId: string | null,
): Promise<ClientStart> {
  const sent = { query: executeText, variables: { name, vars, clientId } };
  const { body } = expectStatus(await call('POST', '/graphql', sent), 200);
  need(body.data?.executePlaybook?.executionId, 'an execution id', body);
  return body.data.executePlaybook;
}

/** `POST /api/auth/check-access` for the quick playbook, which is allowed. */
export async function checkAccess(call: Call, world: ClientWorld, token: string | undefined): Promise<void> {
  const asked = { session_token: token, playbook_path: world.quick, permission_type: 'execute' };
  const { body } = await call('POST', '/api/auth/check-access', asked);
  need(body.allowed === true, 'access is allowed', body);
}

/** Reads an execution until it is over, with the query string that the client sends. @returns its last state */
export async function readUntilOver(call: Call, id: string, query = ''): Promise<ApiAnswer['body']> {
  const read = () => call('GET', `/noetl/executions/${id}${query}`);
  return (await eventually(read, ({ body }) => isOver(body.status), 'it ends')).body;
}
