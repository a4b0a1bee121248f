import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openResultsWorld, type ResultsWorld } from '../noetl/results-world.ts';
import { type EventStreamClient, isEvent, openEvents } from '../support/event-stream-client.ts';
import { pythonRelease } from '../support/noetl-release.ts';

const release = await pythonRelease();

/** Calls back as the playbooks of NoETL's own examples do. */
const callingBack = `apiVersion: noetl.io/v2
kind: Playbook
metadata:
  name: calls_back
  path: results/calls_back
workload:
  gateway_url: ""
  request_id: ""
  execution_id: ""
workflow:
  - step: start
    tool:
      kind: python
      code: |
        result = {"text": "hello", "count": 3}
    next:
      arcs:
        - step: answer
  - step: answer
    tool:
      kind: http
      method: POST
      endpoint: "{{ gateway_url }}/api/internal/callback/async"
      url: "{{ gateway_url }}/api/internal/callback/async"
      headers:
        Content-Type: application/json
      data:
        request_id: "{{ request_id }}"
        status: COMPLETED
        data:
          textOutput: "{{ start.text }}"
          count: "{{ start.count }}"
    next:
      arcs:
        - step: end
  - step: end
    tool:
      kind: python
      code: |
        result = {"status": "complete"}
`;

describe.skipIf(release === undefined)('results that arrive by themselves, on a real NoETL', () => {
  let world: ResultsWorld;
  let stream: EventStreamClient;
  let clientId = '';
  beforeAll(async () => {
    if (release === undefined) return;
    world = await openResultsWorld(release);
    await world.noetl.register(callingBack);
    stream = await openEvents(world.url, `?session_token=${world.token}`);
    clientId = (await stream.next(isEvent('message'))).data.result.clientId;
  }, 240_000);
  afterAll(async () => {
    stream?.close();
    await world?.close();
  });

  async function start(name: string, vars: object = {}): Promise<{ id: string; requestId: string }> {
    const query =
      'mutation($name: String!, $vars: JSON, $clientId: String) { executePlaybook(name: $name, variables: $vars, clientId: $clientId) { id requestId } }';
    const { data } = await world.ask(query, { name, vars, clientId });
    return data?.['executePlaybook'] as { id: string; requestId: string };
  }
  const resultOf = (requestId: string) =>
    stream.next((frame) => isEvent('playbook/result')(frame) && frame.data.params.requestId === requestId, 30_000);

  test('a playbook calls back, and its execution completes', async () => {
    const { id, requestId } = await start('results/calls_back');
    const { data } = await resultOf(requestId);
    expect(data.params).toMatchObject({
      requestId,
      executionId: id,
      status: 'COMPLETED',
      data: { textOutput: 'hello' },
    });
    expect((await world.end(id)).execution.status).toBe('COMPLETED');
  });

  test('a playbook without a callback: the result as execution(id) has it', async () => {
    const { id, requestId } = await start('results/useful_end');
    const { data } = await resultOf(requestId);
    const { execution } = await world.end(id);
    expect(data.params).toEqual({
      requestId,
      executionId: id,
      status: 'COMPLETED',
      data: { result: execution.result, textOutput: execution.textOutput },
    });
  });

  test('a playbook that fails', async () => {
    const { id, requestId } = await start('regression_test/failing');
    const { data } = await resultOf(requestId);
    expect(data.params).toMatchObject({ executionId: id, status: 'FAILED', error: { code: -32000 } });
  });

  test('executionUpdates streams the steps and ends with the result', async () => {
    const id = await world.start('results/useful_end');
    const client = createClient({ url: `${world.url}/graphql`, headers: { authorization: `Bearer ${world.token}` } });
    const query = 'subscription($id: ID!) { executionUpdates(id: $id) { status currentStep result } }';
    const seen: unknown[] = [];
    for await (const { data } of client.iterate({ query, variables: { id } })) seen.push(data?.['executionUpdates']);
    expect(seen.at(-1)).toMatchObject({ status: 'COMPLETED', result: (await world.end(id)).execution.result });
  }, 30_000);
});
