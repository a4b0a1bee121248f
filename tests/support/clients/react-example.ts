import { type EventStreamClient, isEvent, openEvents } from '../event-stream-client.ts';
import { type ApiAnswer, noetlApi } from '../noetl-api.ts';
import { eventually, expectStatus, isOver, type Login, logIn, need, type SimulatedClient } from './client-world.ts';

const query =
  'mutation ($name: String!, $variables: JSON, $clientId: String) { executePlaybook(name: $name, variables: $variables, clientId: $clientId) { executionId requestId status } }';

/** The React example: starts with an explicit `clientId: null` while its stream is not ready, and polls NoETL's API. */
export const reactExample: SimulatedClient = {
  name: 'React example',
  steps(world) {
    let login: Login | undefined;
    let stream: EventStreamClient | undefined;
    const api = () => noetlApi(world.url, login?.token);
    const execute = async (clientId: string | null) => {
      const variables = { name: world.quick, variables: { query: 'SFO' }, clientId };
      const { body } = expectStatus(await api()('POST', '/graphql', { query, variables }), 200);
      need(body.data?.executePlaybook?.executionId, 'an execution id', body);
      return body.data.executePlaybook as { executionId: string; requestId: string | null };
    };
    return [
      {
        does: 'login, six diagnostic probes',
        async run() {
          login = await logIn(world, 'developer', {});
          await probes(noetlApi(world.url, undefined), world.url);
        },
      },
      {
        does: 'a start without a stream: polling to the answer',
        async run() {
          const { executionId, requestId } = await execute(null);
          need(requestId === null, 'requestId is null', requestId);
          const read = () => api()('GET', `/noetl/executions/${executionId}?page=1&page_size=100`);
          const { body } = await eventually(read, (answer) => isOver(answer.body.status), 'polling ends');
          need(body.path === world.quick && body.end_time && body.pagination?.page_size === 100, 'fields', body);
          const results = body.events.filter(({ result, context }: Record<string, unknown>) => result ?? context);
          need(results.length > 0, 'some event holds a result', body.events.length);
        },
      },
      {
        does: 'events: a result, also one that comes early',
        async run() {
          stream = await openEvents(world.url, `?session_token=${login?.token}`);
          const { data } = await stream.next(isEvent('message'));
          const { requestId } = await execute(data.result.clientId);
          need(requestId, 'requestId is given');
          const isMine = (params: Record<string, unknown>) =>
            (params['requestId'] ?? params['request_id']) === requestId;
          const frame = await stream.next(
            ({ event, data: seen }) => event === 'playbook/result' && isMine(seen.params),
            30_000,
          );
          need(frame.data.params.status === 'COMPLETED' && !frame.data.params.error, 'a result', frame.data);
        },
      },
      {
        does: 'connecting again with its client id',
        async run() {
          const { data } = await need0(stream).next(isEvent('message'));
          const clientId: string = data.result.clientId;
          stream?.close();
          const { requestId } = await execute(clientId);
          const again = await openEvents(
            world.otherUrl ?? world.url,
            `?session_token=${login?.token}&client_id=${encodeURIComponent(clientId)}`,
          );
          const frame = await again.next(
            ({ event, data: seen }) => event === 'playbook/result' && seen.params.requestId === requestId,
            30_000,
          );
          need(frame.data.params.status === 'COMPLETED', 'the result waits for its client', frame.data);
          again.close();
        },
      },
    ];
  },
};

function need0<T>(value: T | undefined): T {
  need(value !== undefined, 'the step before has worked');
  return value;
}

type Api = ReturnType<typeof noetlApi>;

/** The statuses by which the app knows a good gateway from a broken one. */
async function probes(api: Api, url: string): Promise<void> {
  const health = await fetch(`${url}/health`);
  need(health.status === 200 && !(await health.text()).includes('<html'), 'health is 200, and no page');
  expectStatus(await api('POST', '/graphql', { query: '{ __typename }' }), 401, 403);
  const asked: readonly (readonly [string, unknown, readonly number[]])[] = [
    ['login', {}, [400, 401, 422]],
    ['login', { auth0_token: 'fake' }, [200, 400, 401, 403, 422]],
    ['validate', { session_token: 'dummy' }, [200, 401, 422]],
    ['check-access', { session_token: 'dummy', playbook_path: 'x', permission_type: 'execute' }, [200, 401, 403, 422]],
  ];
  for (const [route, body, statuses] of asked) {
    const answer: ApiAnswer = await api('POST', `/api/auth/${route}`, body);
    expectStatus(answer, ...statuses);
  }
}
