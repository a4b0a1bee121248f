import { noetlApi } from '../noetl-api.ts';
import { eventually, expectStatus, type Login, logIn, need, type SimulatedClient } from './client-world.ts';

/** The command line in gateway mode: every `/api/x` is `/noetl/x`; playbooks are registered in base64. */
export const noetlCli: SimulatedClient = {
  name: 'noetl CLI',
  steps(world) {
    let login: Login | undefined;
    let id = '';
    const api = () => noetlApi(world.url, login?.token);
    return [
      {
        does: 'context init --from-gateway',
        async run() {
          const { body } = expectStatus(await noetlApi(world.url, undefined)('GET', '/api/runtime/contract'), 200);
          need(body.auth0?.domain && body.auth0.client_id, 'the contract has the auth0 block', body.auth0);
        },
      },
      {
        does: 'auth login',
        async run() {
          login = await logIn(world, 'admin', { session_duration_hours: 8 });
        },
      },
      {
        does: 'catalog register, list, get',
        async run() {
          const content = Buffer.from(world.source('team/cli')).toString('base64');
          const made = await api()('POST', '/noetl/catalog/register', { content, resource_type: 'Playbook' });
          need(expectStatus(made, 200).body.path === 'team/cli', 'it is registered', made.body);
          const list = expectStatus(await api()('POST', '/noetl/catalog/list', { resource_type: 'Playbook' }), 200);
          need(Array.isArray(list.body.entries), 'entries are a list');
          const entry = await api()('POST', '/noetl/catalog/resource', { path: 'team/cli', version: 'latest' });
          need(expectStatus(entry, 200).body.content === world.source('team/cli'), 'the source comes back as it was');
        },
      },
      {
        does: 'run, status',
        async run() {
          const start = { path: world.quick, version: null, workload: {}, resource_kind: 'playbook' };
          id = expectStatus(await api()('POST', '/noetl/execute', start), 200).body.execution_id;
          const read = () => api()('GET', `/noetl/executions/${id}/status`);
          const { body } = await eventually(read, (seen) => seen.body.completed || seen.body.failed, 'it ends');
          need(body.completed === true && body.failed === false, 'it has completed', body);
          need(Array.isArray(body.completed_steps), 'completed_steps are a list', body);
        },
      },
      {
        does: 'status of an unknown execution: its second way',
        async run() {
          const missing = '123456789012345678';
          expectStatus(await api()('GET', `/noetl/executions/${missing}/status`), 404);
          expectStatus(await api()('GET', `/noetl/executions/${missing}?page=1&page_size=10`), 404);
        },
      },
      {
        does: 'cancel: a running one, and one that is over',
        async run() {
          const start = { path: world.slow, version: null, workload: {}, resource_kind: 'playbook' };
          const running = expectStatus(await api()('POST', '/noetl/execute', start), 200).body.execution_id;
          const cancelled = await api()('POST', `/noetl/executions/${running}/cancel`, {
            reason: 'test',
            cascade: true,
          });
          need(expectStatus(cancelled, 200).body.status === 'cancelled', 'it is cancelled', cancelled.body);
          const over = await api()('POST', `/noetl/executions/${id}/cancel`, { reason: 'test' });
          need(expectStatus(over, 200, 400).body.message, 'a message to print', over.body);
          const { body } = await api()('GET', `/noetl/executions/${id}`);
          need(body.status === 'COMPLETED', 'the finished run is what it was', body.status);
        },
      },
      {
        does: 'get credential: no secret',
        async run() {
          const answer = await api()('GET', `/noetl/credentials/${world.credential.name}?include_data=true`);
          need(expectStatus(answer, 200).body.name === world.credential.name, 'it has the name', answer.body);
          need(!answer.text.includes(world.credential.secret), 'the secret stays in NoETL');
        },
      },
    ];
  },
};
