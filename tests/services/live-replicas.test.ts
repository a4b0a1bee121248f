import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChildServer, hasProgram, startNats, startRedis } from '../support/child-server.ts';
import { graphql } from '../support/dev-gateway.ts';
import { type EventStreamClient, isEvent, openEvents, type SeenFrame } from '../support/event-stream-client.ts';
import { type Replica, type Replicas, startReplicas } from '../support/replicas.ts';

const must = process.env['CI'] === 'true';

interface Started {
  readonly id: string;
  readonly requestId: string;
}

async function start(replica: Replica, token: string, clientId: string, variables: object): Promise<Started> {
  const query =
    'mutation($vars: JSON, $clientId: String) { executePlaybook(name: "regression_test/slow", variables: $vars, clientId: $clientId) { id requestId } }';
  const { body } = await graphql(replica.url, token, { query, variables: { vars: variables, clientId } });
  if (body.data?.['executePlaybook'] == null) throw new Error(JSON.stringify(body));
  return body.data['executePlaybook'] as Started;
}

/** As the worker does it: to the address of its workload, or the same path at another replica. */
async function callBack(replicas: Replicas, { requestId }: Started, n: number, at?: Replica): Promise<number> {
  const { gateway_url, request_id } = replicas.workloadOf(requestId) ?? { gateway_url: '', request_id: '' };
  const base = at === undefined ? gateway_url : at.internalUrl + new URL(gateway_url).pathname;
  const answer = await fetch(`${base}/api/internal/callback/async`, {
    method: 'POST',
    body: JSON.stringify({ data: { n }, status: 'COMPLETED', request_id }),
  }).catch(() => undefined);
  return answer?.status ?? 0;
}

const requestIdsOf = (frames: readonly SeenFrame[]): string[] =>
  frames.filter(isEvent('playbook/result')).map(({ data }) => data.params.requestId);

describe.each<[string, string, () => Promise<ChildServer>]>([
  ['redis', 'redis-server', () => startRedis()],
  ['nats', 'nats-server', () => startNats()],
])('two replicas on %s', (scheme, program, startStore) => {
  const isMissing = !must && !hasProgram(program);
  let store: ChildServer | undefined;
  let replicas: Replicas;
  let token = '';
  const streams: EventStreamClient[] = [];

  beforeAll(async () => {
    if (isMissing) return;
    store = await startStore();
    replicas = await startReplicas(2, `${scheme}://127.0.0.1:${store.port}`);
    token = await replicas.login('developer');
  }, 60_000);
  afterAll(async () => {
    for (const stream of streams) stream.close();
    await replicas?.stop();
    await store?.remove();
  });

  const listen = async (replica: Replica, search = '', headers = {}) => {
    const stream = await openEvents(replica.url, `?session_token=${token}${search}`, headers);
    streams.push(stream);
    return stream;
  };
  const clientIdOf = async (stream: EventStreamClient): Promise<string> =>
    (await stream.next(isEvent('message'))).data.result.clientId;

  test.skipIf(isMissing)('execute on one, listen on the other, callback to either', async () => {
    const [one, two] = replicas.all as [Replica, Replica];
    const stream = await listen(two);
    const clientId = await clientIdOf(stream);
    const started: Started[] = [];
    for (let n = 0; n < 20; n += 1) started.push(await start(one, token, clientId, { seconds: 120 }));
    for (const [n, each] of started.entries())
      expect(await callBack(replicas, each, n, n % 2 === 0 ? one : two)).toBe(200);
    // Repeated at the other one: harmless.
    for (const [n, each] of started.entries())
      expect(await callBack(replicas, each, n, n % 2 === 0 ? two : one)).toBe(200);
    await stream.next(({ data }) => data?.params?.requestId === started.at(-1)?.requestId);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(requestIdsOf(stream.frames)).toEqual(started.map(({ requestId }) => requestId));
  });

  test.skipIf(isMissing)(
    'a newer stream of the client takes the place of the older one, at another replica',
    async () => {
      const [one, two] = replicas.all as [Replica, Replica];
      const older = await listen(one);
      const clientId = await clientIdOf(older);
      const newer = await listen(two, `&client_id=${clientId}`);
      await newer.next(isEvent('ping'));
      await older.ended();
      const started = await start(one, token, clientId, { seconds: 120 });
      await callBack(replicas, started, 1);
      await newer.next(isEvent('playbook/result'));
      expect(requestIdsOf(older.frames)).toEqual([]);
    },
  );

  test.skipIf(isMissing)(
    'a replica dies in the middle: nothing lost, nothing twice',
    async () => {
      const [one, two] = replicas.all as [Replica, Replica];
      const first = await listen(one);
      const clientId = await clientIdOf(first);
      const started: Started[] = [];
      for (let n = 0; n < 60; n += 1)
        started.push(await start(n % 2 === 0 ? one : two, token, clientId, { seconds: 2 }));
      for (const [n, each] of started.slice(0, 20).entries()) await callBack(replicas, each, n);
      await first.next(isEvent('playbook/result'));
      await one.kill();
      await first.ended();
      const lastId = first.frames.findLast(({ id }) => id !== undefined)?.id ?? '';
      const second = await listen(two, '', { 'last-event-id': lastId });
      expect(await clientIdOf(second)).toBe(clientId);
      // What the dead one was called back for, and what it watched, comes from the other one.
      const seen = () => [...requestIdsOf(first.frames), ...requestIdsOf(second.frames)];
      for (let left = 300; left > 0 && seen().length < started.length; left -= 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(seen().toSorted()).toEqual(started.map(({ requestId }) => requestId).toSorted());
    },
    60_000,
  );
});
