import { type ApiAnswer, noetlApi } from '../noetl-api.ts';
import { type ClientStart, type ClientStream, openStream, readUntilOver, resultFor } from './client-calls.ts';
import { expectStatus, type Login, logIn, need, type SimulatedClient } from './client-world.ts';

const query =
  'mutation ($name: String!, $variables: JSON, $clientId: String) { executePlaybook(name: $name, variables: $variables, clientId: $clientId) { executionId requestId status } }';

/** The React example: starts with an explicit `clientId: null` while its stream is not ready, and polls NoETL's API. */
export const reactExample: SimulatedClient = {
  name: 'React example',
  steps(world) {
    let login: Login | undefined;
    let open: ClientStream | undefined;
    const api = () => noetlApi(world.url, login?.token);
    const execute = async (clientId: string | null) => {
      const variables = { name: world.quick, variables: { query: 'SFO' }, clientId };
      const { body } = expectStatus(await api()('POST', '/graphql', { query, variables }), 200);
      need(body.data?.executePlaybook?.executionId, 'an execution id', body);
      return body.data.executePlaybook as ClientStart;
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
          const body = await readUntilOver(api(), executionId, '?page=1&page_size=100');
          need(body.path === world.quick && body.end_time && body.pagination?.page_size === 100, 'fields', body);
          const results = body.events.filter(({ result, context }: Record<string, unknown>) => result ?? context);
          need(results.length > 0, 'some event holds a result', body.events.length);
        },
      },
      {
        does: 'events: a result, also one that comes early',
        async run() {
          open = await openStream(world.url, login?.token);
          const { requestId } = await execute(open.clientId);
          need(requestId, 'requestId is given');
          const params = await resultFor(open, requestId);
          need(params.status === 'COMPLETED' && !params.error, 'a result', params);
        },
      },
      {
        does: 'connecting again with its client id',
        async run() {
          need(open, 'the step before has worked');
          open.stream.close();
          const { requestId } = await execute(open.clientId);
          const again = await openStream(world.otherUrl ?? world.url, login?.token, open.clientId);
          const params = await resultFor(again, requestId);
          need(params.status === 'COMPLETED', 'the result waits for its client', params);
          again.stream.close();
        },
      },
    ];
  },
};

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
