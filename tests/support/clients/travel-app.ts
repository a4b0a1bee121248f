import { isEvent, openEvents } from '../event-stream-client.ts';
import { noetlApi } from '../noetl-api.ts';
import {
  eventually,
  executeText,
  expectStatus,
  isOver,
  type Login,
  logIn,
  need,
  type SimulatedClient,
} from './client-world.ts';

/** The travel app: ends its wait at `playbook/state`, and falls back to reading the execution. */
export const travelApp: SimulatedClient = {
  name: 'travel app',
  steps(world) {
    let login: Login | undefined;
    const api = () => noetlApi(world.url, login?.token);
    const start = async (name: string, clientId: string | null) => {
      const variables = { name, vars: { message: 'three days in Lisbon' }, clientId };
      const { body } = expectStatus(await api()('POST', '/graphql', { query: executeText, variables }), 200);
      need(body.data?.executePlaybook?.executionId, 'an execution id', body);
      return body.data.executePlaybook as { executionId: string };
    };
    return [
      {
        does: 'login, check-access',
        async run() {
          login = await logIn(world, 'developer', {});
          const asked = { session_token: login.token, playbook_path: world.quick, permission_type: 'execute' };
          need((await api()('POST', '/api/auth/check-access', asked)).body.allowed === true, 'allowed');
        },
      },
      {
        does: 'a turn: state, then result',
        async run() {
          const stream = await openEvents(world.url, `?session_token=${login?.token}`);
          const { data } = await stream.next(isEvent('message'));
          const { executionId } = await start(world.quick, data.result.clientId);
          const state = await stream.next(
            ({ event, data: seen }) => event === 'playbook/state' && seen.params.execution_id === executionId,
            30_000,
          );
          need(state.data.params.event_type === 'playbook.completed', 'the state ends the wait', state.data);
          const result = await stream.next(
            ({ event, data: seen }) => event === 'playbook/result' && seen.params.executionId === executionId,
            30_000,
          );
          need(stream.frames.indexOf(state) < stream.frames.indexOf(result), 'the state comes first');
          stream.close();
        },
      },
      {
        does: 'a turn without a stream: reading the execution',
        async run() {
          const { executionId } = await start(world.quick, null);
          const read = () => api()('GET', `/noetl/executions/${executionId}?page_size=100`);
          const { body } = await eventually(read, (answer) => isOver(answer.body.status), 'it ends');
          need(Array.isArray(body.events) && body.events.length > 0, 'it has events', body);
        },
      },
      {
        does: 'cancel',
        async run() {
          const { executionId } = await start(world.slow, null);
          expectStatus(await api()('POST', `/noetl/executions/${executionId}/cancel`, {}), 200);
        },
      },
    ];
  },
};
