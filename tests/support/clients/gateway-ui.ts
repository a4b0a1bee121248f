import { isEvent, openEvents } from '../event-stream-client.ts';
import { noetlApi } from '../noetl-api.ts';
import { type ClientStream, checkAccess, openStream, readUntilOver, resultFor, startPlaybook } from './client-calls.ts';
import {
  type ClientWorld,
  eventually,
  expectStatus,
  type Login,
  logIn,
  need,
  type SimulatedClient,
} from './client-world.ts';

/** The web UI: logs in, chats over `/events`, and has a dashboard on NoETL's own API. Reads `.error` of refusals. */
export const gatewayUi: SimulatedClient = {
  name: 'gateway_ui',
  steps(world) {
    const at = state(world);
    const api = () => noetlApi(world.url, at.login?.token);
    return [
      {
        does: 'login, validate, check-access',
        async run() {
          at.login = await logIn(world, 'admin', { auth0_domain: undefined });
          const session_token = at.login.token;
          const { body: valid } = await api()('POST', '/api/auth/validate', { session_token });
          need(valid.valid === true && valid.user, 'the session is valid and has a user', valid);
          await checkAccess(api(), world, session_token);
        },
      },
      {
        does: 'events: a client id',
        async run() {
          at.open = await openStream(world.url, at.login?.token);
        },
      },
      { does: 'chat: a question and its result', run: () => chat(world, at) },
      {
        does: 'dashboard: numbers, the ten newest executions',
        async run() {
          const { body: stats } = expectStatus(await api()('GET', '/noetl/dashboard/stats'), 200);
          need(typeof stats.total_executions === 'number', 'total_executions is a number', stats);
          const { body: rows } = expectStatus(await api()('GET', '/noetl/executions?limit=10'), 200);
          need(Array.isArray(rows) && rows.length > 0 && rows.length <= 10, 'at most ten rows', rows.length);
          need(
            typeof rows[0].execution_id === 'string' && rows[0].path && rows[0].status,
            'a row has its fields',
            rows[0],
          );
          at.executionId = rows[0].execution_id;
        },
      },
      { does: 'execution: detail with events, cancel', run: () => executionPage(world, at) },
      { does: 'catalog: list, read, register, execute', run: () => catalogPage(world, at) },
      { does: 'credentials: list, create, delete', run: () => credentialsPage(world, at) },
      {
        does: 'a dead session: 401, and the code that ends the page',
        async run() {
          expectStatus(await noetlApi(world.url, 'f'.repeat(32))('GET', '/noetl/executions'), 401);
          const stream = await openEvents(world.url, `?session_token=${'f'.repeat(32)}`);
          const frame = await stream.next(isEvent('error'));
          need(frame.data.error?.code === -32001, 'the code is -32001', frame.data);
          at.open?.stream.close();
        },
      },
    ];
  },
};

interface State {
  login?: Login;
  open?: ClientStream;
  executionId?: string;
}
const state = (_world: ClientWorld): State => ({});

async function chat(world: ClientWorld, at: State): Promise<void> {
  need(at.open, 'the stream is open');
  const api = noetlApi(world.url, at.login?.token);
  const started = await startPlaybook(api, world.quick, { query: 'Flight from SFO to JFK' }, at.open.clientId);
  need(started.requestId, 'the start has a request id', started);
  const params = await resultFor(at.open, started.requestId);
  need(params.status === 'COMPLETED' && params.executionId === started.executionId, 'the result arrives', params);
  need(params.data?.textOutput ?? params.data?.result ?? params.data?.summary, 'the result has a text or data', params);
}

async function executionPage(world: ClientWorld, at: State): Promise<void> {
  const api = noetlApi(world.url, at.login?.token);
  const { body } = expectStatus(await api('GET', `/noetl/executions/${at.executionId}`), 200);
  const [event] = body.events ?? [];
  need(event?.event_type && event.timestamp && event.status, 'events have their fields', event);
  const { body: started } = expectStatus(await api('POST', '/noetl/execute', { path: world.slow, payload: {} }), 200);
  const path = `/noetl/executions/${started.execution_id}/cancel`;
  expectStatus(await api('POST', path, { reason: 'Cancelled from the dashboard', cascade: true }), 200);
  const read = () => api('GET', `/noetl/executions/${started.execution_id}`);
  await eventually(read, ({ body: seen }) => seen.status === 'CANCELLED', 'the execution is cancelled');
}

async function catalogPage(world: ClientWorld, at: State): Promise<void> {
  const api = noetlApi(world.url, at.login?.token);
  const { body: list } = expectStatus(await api('POST', '/noetl/catalog/list', { resource_type: 'Playbook' }), 200);
  need(
    list.entries?.some(({ path }: { path: string }) => path === world.quick),
    'the list has the playbook',
    list,
  );
  const { body: entry } = expectStatus(
    await api('POST', '/noetl/catalog/resource', { path: world.quick, version: 'latest' }),
    200,
  );
  need(entry.path === world.quick && typeof entry.version === 'number', 'the entry has path and version', entry);
  const made = { content: world.source('team/web_ui'), resource_type: 'Playbook' };
  const { body: registered } = expectStatus(await api('POST', '/noetl/catalog/register', made), 200);
  need(registered.path === 'team/web_ui', 'the playbook is registered', registered);
  const start = { path: world.quick, payload: {}, version: entry.version };
  const { body: started } = expectStatus(await api('POST', '/noetl/execute', start), 200);
  await readUntilOver(api, started.execution_id);
}

async function credentialsPage(world: ClientWorld, at: State): Promise<void> {
  const api = noetlApi(world.url, at.login?.token);
  const made = { name: 'web_ui_test', credential_type: 'httpBearerAuth', description: 'test', data: { value: 'x-1' } };
  expectStatus(await api('POST', '/noetl/credentials', made), 200, 201);
  const { body } = expectStatus(await api('GET', '/noetl/credentials'), 200);
  const items = body.items ?? body;
  need(
    items.some(({ name }: { name: string }) => name === 'web_ui_test'),
    'the list has it',
    items,
  );
  need(!JSON.stringify(items).includes(world.credential.secret), 'no secret is listed');
  expectStatus(await api('DELETE', '/noetl/credentials/web_ui_test'), 200, 204);
}
