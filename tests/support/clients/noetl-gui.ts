import { openStream, resultFor } from './client-calls.ts';
import {
  type ClientWorld,
  eventually,
  executeText,
  expectStatus,
  isOver,
  type Login,
  logIn,
  need,
  type SimulatedClient,
} from './client-world.ts';

/** NoETL's GUI: sends the session in two headers, reads NoETL's API, and starts by `catalog_id`, as a text. */
export const noetlGui: SimulatedClient = {
  name: 'noetl GUI',
  steps(world) {
    let login: Login | undefined;
    let catalogId = '';
    const call = (method: string, path: string, body?: unknown) =>
      twoHeaders(world.url, login?.token ?? '', method, path, body);
    return [
      {
        does: 'login; pages by role',
        async run() {
          login = await logIn(world, 'admin', {});
          need(login.roles.includes('admin'), 'the admin has the role', login.roles);
        },
      },
      {
        does: 'catalog: list, agents, editor, form',
        async run() {
          const { entries } = (await call('POST', '/noetl/catalog/list', { resource_type: 'playbook' })) as never;
          need(Array.isArray(entries), 'entries are a list');
          await call('POST', '/noetl/catalog/agents/list', {});
          const entry = await call('POST', '/noetl/catalog/resource', { path: world.quick, version: 'latest' });
          catalogId = String(entry['catalog_id']);
          need(/^\d+$/.test(catalogId), 'catalog_id is digits', entry);
          const form = await call('GET', `/noetl/catalog/${encodeURIComponent(world.quick)}/ui_schema`);
          need(Array.isArray(form['fields']), 'the form has fields', form);
          const made = { content: world.source('team/gui'), resource_type: 'Playbook' };
          need((await call('POST', '/noetl/catalog/register', made))['path'] === 'team/gui', 'it is registered');
        },
      },
      {
        does: 'executions: start by catalog_id, list, detail, newer events',
        run: () => executionsPage(world, call, catalogId),
      },
      {
        does: 'credentials: names and types',
        async run() {
          const { items } = (await call('GET', '/noetl/credentials')) as { items: { name: string; type: string }[] };
          need(
            items.every(({ name, type }) => name && type),
            'every item has name and type',
            items,
          );
        },
      },
      { does: 'travel chat: check-access, stream, mutation, result', run: () => travelChat(world, login?.token ?? '') },
      {
        does: 'users: moves on when a playbook is missing',
        async run() {
          const variables = { name: 'system/no_such_playbook', vars: { action: 'list_users' }, clientId: null };
          const body = await call('POST', '/graphql', { query: executeText, variables });
          const [error] = body['errors'] as { message: string }[];
          need(/playbook not found|404/i.test(error?.message ?? ''), 'the message says that it is missing', error);
        },
      },
    ];
  },
};

type Call = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

async function executionsPage(world: ClientWorld, call: Call, catalogId: string): Promise<void> {
  const start = { catalog_id: catalogId, workload: {}, resource_kind: 'playbook' };
  const { execution_id: id } = await call('POST', '/noetl/execute', start);
  need(typeof id === 'string', 'the id is a text', id);
  const read = (query: string) => call('GET', `/noetl/executions/${id}${query}`);
  const body = await eventually(
    () => read('?page=1&page_size=50'),
    (seen) => isOver(seen['status']),
    'it ends',
  );
  need(body['path'] === world.quick, 'the entry of that id ran', body['path']);
  const events = body['events'] as { event_id: unknown }[];
  // The GUI converts the id, and sends back what is left of it.
  const since = Number(events.at(-1)?.event_id);
  need(Number.isFinite(since), 'event_id converts to a number', events.at(-1));
  const newer = await read(`?page=1&page_size=50&since_event_id=${since}`);
  need(Array.isArray(newer['events']), 'newer events are a list', newer);
  const rows = (await call('GET', '/noetl/executions')) as unknown as { execution_id: string }[];
  need(
    rows.some((row) => row.execution_id === id),
    'the list has it',
  );
  need((await read('/status'))['completed'] === true, '/status says that it is completed');
}

async function travelChat(world: ClientWorld, token: string): Promise<void> {
  const asked = { session_token: token, playbook_path: world.quick, permission_type: 'execute' };
  need((await twoHeaders(world.url, token, 'POST', '/api/auth/check-access', asked))['allowed'] === true, 'allowed');
  const open = await openStream(world.url, token);
  const variables = { name: world.quick, vars: {}, clientId: open.clientId };
  const body = await twoHeaders(world.url, token, 'POST', '/graphql', { query: executeText, variables });
  const started = (body['data'] as { executePlaybook: { requestId: string } }).executePlaybook;
  const params = await resultFor(open, started.requestId);
  need(!(params.status === 'FAILED' || params.error), 'it has not failed', params);
  open.stream.close();
}

async function twoHeaders(url: string, token: string, method: string, path: string, body?: unknown) {
  const answer = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'x-session-token': token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const parsed = JSON.parse(text) as Record<string, unknown>;
  return expectStatus({ status: answer.status, headers: answer.headers, text, body: parsed }, 200).body as Record<
    string,
    unknown
  >;
}
