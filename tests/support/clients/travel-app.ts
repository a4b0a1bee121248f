import { noetlApi } from '../noetl-api.ts';
import { checkAccess, openStream, readUntilOver, startPlaybook } from './client-calls.ts';
import { expectStatus, type Login, logIn, need, type SimulatedClient } from './client-world.ts';

/** The travel app: ends its wait at `playbook/state`, and falls back to reading the execution. */
export const travelApp: SimulatedClient = {
  name: 'travel app',
  steps(world) {
    let login: Login | undefined;
    const api = () => noetlApi(world.url, login?.token);
    const start = (name: string, clientId: string | null) =>
      startPlaybook(api(), name, { message: 'three days in Lisbon' }, clientId);
    return [
      {
        does: 'login, check-access',
        async run() {
          login = await logIn(world, 'developer', {});
          await checkAccess(api(), world, login.token);
        },
      },
      {
        does: 'a turn: state, then result',
        async run() {
          const { stream, clientId } = await openStream(world.url, login?.token);
          const { executionId } = await start(world.quick, clientId);
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
          const body = await readUntilOver(api(), executionId, '?page_size=100');
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
