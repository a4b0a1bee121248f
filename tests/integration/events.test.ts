import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';
import { type EventStreamClient, isEvent, openEvents } from '../support/event-stream-client.ts';

let dev: DevGateway;
let token = '';
let other = '';
const open: EventStreamClient[] = [];

beforeAll(async () => {
  dev = await startDevGateway();
  token = (await dev.login('developer')).sessionToken;
  other = (await dev.login('admin')).sessionToken;
});
afterAll(async () => {
  for (const stream of open) stream.close();
  await dev.stop();
});

async function events(search = `?session_token=${token}`, headers: Record<string, string> = {}) {
  const stream = await openEvents(dev.url, search, headers);
  open.push(stream);
  return stream;
}

/** The id that the gateway gave to a stream. */
const clientIdOf = async (stream: EventStreamClient): Promise<string> =>
  (await stream.next(isEvent('message'))).data.result.clientId;

interface Started {
  readonly id: string;
  readonly requestId: string | null;
  readonly clientId: string | null;
}

async function start(name: string, clientId: string | null, variables: unknown = {}, by = token): Promise<Started> {
  const query =
    'mutation Run($name: String!, $vars: JSON, $clientId: String) { executePlaybook(name: $name, variables: $vars, clientId: $clientId) { id executionId requestId clientId name status textOutput } }';
  const { body } = await graphql(dev.url, by, { query, variables: { name, vars: variables, clientId } });
  return body.data?.['executePlaybook'] as Started;
}

/** What the playbook of a request was given, as NoETL has it. */
function workloadOf(requestId: string | null): { request_id: string; gateway_url: string } {
  const start = dev.noetl.requests.find(({ path, text }) => path === '/api/execute' && text.includes(requestId ?? '-'));
  return JSON.parse(start?.text ?? '{}').workload;
}

const call = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const callBack = async (requestId: string | null, body: object, kind = 'callback/async') => {
  const { gateway_url, request_id } = workloadOf(requestId);
  return call(`${gateway_url}/api/internal/${kind}`, { request_id, ...body });
};

const resultOf = (requestId: string | null) => (frame: { event: string | undefined; data: unknown }) =>
  frame.event === 'playbook/result' && (frame.data as { params: { requestId: string } }).params.requestId === requestId;

describe('the stream', () => {
  test('begins with hello and ping, in the form that existing clients know', async () => {
    const stream = await events();
    await stream.next(isEvent('ping'));
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    expect(stream.headers.get('cache-control')).toBe('no-cache');
    expect(stream.headers.get('x-accel-buffering')).toBe('no');
    const [retry, hello, ping] = stream.frames;
    expect(retry?.text).toBe('retry: 3000');
    expect(hello?.event).toBe('message');
    expect(hello?.data).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {
        protocolVersion: '2024-11-05',
        serverInfo: { name: 'noetl-gateway', version: expect.any(String) },
        clientId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        capabilities: { playbooks: true, callbacks: true, subscriptions: false, playbookState: true },
      },
    });
    expect(ping?.text).toBe('event: ping\ndata: {"jsonrpc":"2.0","method":"ping","params":{}}');
  });

  test('a session comes by query, header, cookie or ticket', async () => {
    for (const headers of [
      { authorization: `Bearer ${token}` },
      { 'x-session-token': token },
      { cookie: `session_token=${token}` },
    ]) {
      const stream = await events('', headers as Record<string, string>);
      expect(await clientIdOf(stream)).toBeTruthy();
    }
    const answer = await fetch(`${dev.url}/api/auth/ticket`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    const { ticket, expires_at } = (await answer.json()) as { ticket: string; expires_at: string };
    expect(expires_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+Z$/);
    expect(await clientIdOf(await events(`?ticket=${ticket}`))).toBeTruthy();
    // Once.
    const again = await events(`?ticket=${ticket}`);
    expect((await again.next(isEvent('error'))).data.error.code).toBe(-32001);
  });

  test('no ticket without a session, no cookie from another site', async () => {
    expect((await fetch(`${dev.url}/api/auth/ticket`, { method: 'POST' })).status).toBe(401);
    const headers = { cookie: `session_token=${token}`, origin: 'https://evil.example.com' };
    expect((await events('', headers)).status).toBe(403);
  });

  test('without a session: 400; with a bad one: one error with the code that the web UI knows, then the end', async () => {
    const none = await events('');
    expect(none.status).toBe(400);
    expect(none.headers.get('content-type')).toContain('text/plain');
    const bad = await events('?session_token=not-a-session');
    expect(bad.status).toBe(200);
    await bad.ended();
    expect(bad.frames.map(({ text }) => text)).toEqual([
      'event: error\ndata: {"jsonrpc":"2.0","error":{"code":-32001,"message":"Invalid or expired session"}}',
    ]);
    expect((await fetch(`${dev.url}/events?session_token=${token}`, { method: 'POST' })).status).toBe(405);
  });

  test('a session that ends, ends its stream with that code', async () => {
    const { sessionToken } = await dev.login('analyst');
    const stream = await events(`?session_token=${sessionToken}`);
    await stream.next(isEvent('ping'));
    await fetch(`${dev.url}/api/auth/logout`, { method: 'POST', headers: { authorization: `Bearer ${sessionToken}` } });
    expect((await stream.next(isEvent('error'))).data.error).toEqual({
      code: -32001,
      message: 'Invalid or expired session',
    });
    await stream.ended();
  });
});

describe('a result', () => {
  test('comes by callback: state, then result, digits whole', async () => {
    const stream = await events();
    const { id, requestId } = await start('regression_test/slow', await clientIdOf(stream), { seconds: 30 });
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    const { gateway_url, request_id } = workloadOf(requestId);
    expect(request_id).toBe(requestId);
    const body = `{"data": {"big": 9223372036854775807, "textOutput": "hi"}, "execution_id": ${id}, "request_id": "${requestId}", "status": "COMPLETED"}`;
    const answer = await fetch(`${gateway_url}/api/internal/callback/async`, { method: 'POST', body });
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'delivered' }]);
    const result = await stream.next(resultOf(requestId));
    const [state] = stream.frames.slice(stream.frames.indexOf(result) - 1);
    expect(state?.event).toBe('playbook/state');
    expect(state?.data).toEqual({
      jsonrpc: '2.0',
      method: 'playbook/state',
      params: {
        execution_id: id,
        event_type: 'playbook.completed',
        step_name: null,
        status: 'completed',
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
    });
    expect(result.text).toContain(
      `"params":{"requestId":"${requestId}","executionId":"${id}","status":"COMPLETED","data":{"big":9223372036854775807,"textOutput":"hi"}}`,
    );
    expect(result.id).toBeTruthy();
  });

  test('of a playbook that does not call back comes from the watch, with result and textOutput', async () => {
    const stream = await events();
    const { id, requestId } = await start('regression_test/hello_world', await clientIdOf(stream));
    const { data } = await stream.next(resultOf(requestId));
    expect(data.params).toEqual({
      requestId,
      executionId: id,
      status: 'COMPLETED',
      data: { result: expect.anything(), textOutput: expect.toBeOneOf([null, expect.any(String)]) },
    });
  });

  test('of a run that fails or is cancelled is FAILED, after a state that names the end', async () => {
    const stream = await events();
    const clientId = await clientIdOf(stream);
    const failing = await start('regression_test/failing', clientId);
    const failed = await stream.next(resultOf(failing.requestId));
    expect(failed.data.params).toEqual({
      requestId: failing.requestId,
      executionId: failing.id,
      status: 'FAILED',
      error: {
        code: -32000,
        message: expect.any(String),
        data: expect.objectContaining({ step: 'start', code: null }),
      },
    });
    const slow = await start('regression_test/slow', clientId, { seconds: 60 });
    const query = 'mutation($id: ID!) { cancelExecution(id: $id) { status } }';
    await graphql(dev.url, token, { query, variables: { id: slow.id } });
    const cancelled = await stream.next(resultOf(slow.requestId));
    expect(cancelled.data.params).toMatchObject({
      status: 'FAILED',
      error: { message: 'the execution was cancelled' },
    });
    const state = stream.frames[stream.frames.indexOf(cancelled) - 1];
    expect(state?.data.params).toMatchObject({ execution_id: slow.id, event_type: 'playbook.failed' });
  });

  test('waits for a client that is away, and comes once', async () => {
    const first = await events();
    const clientId = await clientIdOf(first);
    first.close();
    const one = await start('regression_test/slow', clientId, { seconds: 60 });
    const two = await start('regression_test/slow', clientId, { seconds: 60 });
    const three = await start('regression_test/slow', clientId, { seconds: 60 });
    await callBack(two.requestId, { data: { n: 2 } });
    await callBack(one.requestId, { data: { n: 1 } });
    const second = await events(`?session_token=${token}&client_id=${clientId}`);
    const hello = await second.next(isEvent('message'));
    expect(hello.data.result.clientId).toBe(clientId);
    expect(hello.data.result.pendingRequests).toEqual([
      { requestId: three.requestId, executionId: three.id, playbookPath: 'regression_test/slow' },
    ]);
    const { id } = await second.next(resultOf(one.requestId));
    const results = second.frames.filter(isEvent('playbook/result')).map(({ data }) => data.params.data.n);
    expect(results).toEqual([2, 1]);
    second.close();
    // What was delivered does not come again; a browser that lost the last one says where it was.
    const third = await events(`?session_token=${token}&client_id=${clientId}`);
    await callBack(three.requestId, { data: { n: 3 } });
    await third.next(resultOf(three.requestId));
    expect(third.frames.filter(isEvent('playbook/result'))).toHaveLength(1);
    third.close();
    const fourth = await events(`?session_token=${token}`, { 'last-event-id': id ?? '' });
    expect(await clientIdOf(fourth)).toBe(clientId);
    await fourth.next(resultOf(three.requestId));
    expect(fourth.frames.filter(isEvent('playbook/result'))).toHaveLength(1);
  });
});

describe('callbacks', () => {
  test('a repeated or late one is answered 200 and does nothing', async () => {
    const stream = await events();
    const { requestId } = await start('regression_test/slow', await clientIdOf(stream), { seconds: 60 });
    for (const n of [1, 2, 3]) expect((await callBack(requestId, { data: { n } })).status).toBe(200);
    await stream.next(resultOf(requestId));
    expect((await callBack(requestId, { message: 'late', progress: 1 }, 'progress')).status).toBe(200);
    const last = await start('regression_test/slow', await clientIdOf(stream), { seconds: 60 });
    await callBack(last.requestId, { data: {} });
    await stream.next(resultOf(last.requestId));
    expect(stream.frames.filter(resultOf(requestId)).map(({ data }) => data.params.data)).toEqual([{ n: 1 }]);
    expect(stream.frames.filter(isEvent('playbook/progress'))).toEqual([]);
  });

  test('progress passes, whether its numbers are numbers or text', async () => {
    const stream = await events();
    const { id, requestId } = await start('regression_test/slow', await clientIdOf(stream), { seconds: 60 });
    const answer = await callBack(requestId, { step: 'search', message: 'half', progress: '0.5' }, 'progress');
    expect(await answer.json()).toEqual({ status: 'sent' });
    const { data } = await stream.next(isEvent('playbook/progress'));
    expect(data).toEqual({
      jsonrpc: '2.0',
      method: 'playbook/progress',
      params: { requestId, executionId: id, step: 'search', message: 'half', progress: 0.5 },
    });
  });

  test('without the secret of a request nothing is accepted, and it is counted', async () => {
    const stream = await events();
    const { requestId } = await start('regression_test/slow', await clientIdOf(stream), { seconds: 60 });
    const wrong = `${dev.internalUrl}/cb/${'A'.repeat(43)}`;
    for (const base of [dev.internalUrl, wrong]) {
      const answer = await call(`${base}/api/internal/callback/async`, { request_id: requestId, data: { forged: 1 } });
      expect(answer.status).toBe(403);
    }
    const metrics = await (await fetch(`${dev.internalUrl}/metrics`)).text();
    expect(metrics).toMatch(/callback_refused_total\{reason="secret"\} [1-9]/);
    expect((await callBack(requestId, { request_id: undefined })).status).toBe(400);
    // The public port has no callbacks, whatever the secret is.
    const { gateway_url } = workloadOf(requestId);
    const atPublic = gateway_url.replace(dev.internalUrl, dev.url);
    expect((await call(`${atPublic}/api/internal/callback/async`, { request_id: requestId })).status).toBe(404);
    // The secret of another request does not help.
    const own = await start('regression_test/slow', await clientIdOf(stream), { seconds: 60 });
    const crossed = await call(`${workloadOf(own.requestId).gateway_url}/api/internal/callback/async`, {
      request_id: requestId,
      data: { forged: 2 },
    });
    expect(crossed.status).toBe(200);
    await callBack(requestId, { data: { real: 1 } });
    expect((await stream.next(resultOf(requestId))).data.params.data).toEqual({ real: 1 });
  });

  test('a template that was not rendered is no result', async () => {
    const stream = await events();
    const { requestId } = await start('regression_test/slow', await clientIdOf(stream), { seconds: 1 });
    const answer = await callBack(requestId, { data: { text: '{{ step.result }}' } });
    expect(answer.status).toBe(200);
    const { data } = await stream.next(resultOf(requestId));
    expect(data.params.data).toHaveProperty('result');
    expect(JSON.stringify(data)).not.toContain('{{');
  });

  test('a failure that the playbook reports', async () => {
    const stream = await events();
    const { id, requestId } = await start('regression_test/slow', await clientIdOf(stream), { seconds: 60 });
    await callBack(requestId, { status: 'FAILED', error: { message: 'no seats', code: 7, data: { left: 0 } } });
    expect((await stream.next(resultOf(requestId))).data.params).toEqual({
      requestId,
      executionId: id,
      status: 'FAILED',
      error: { code: 7, message: 'no seats', data: { left: 0 } },
    });
  });
});

test('the secret of a callback is shown to no one who may see the execution', async () => {
  const stream = await events();
  const { id, requestId } = await start('regression_test/echo', await clientIdOf(stream), { note: 'here' });
  const { data } = await stream.next(resultOf(requestId));
  const secret = /\/cb\/([\w-]{43})/.exec(workloadOf(requestId).gateway_url)?.[1] ?? '-';
  const headers = { authorization: `Bearer ${other}`, 'content-type': 'application/json' };
  const read = async (path: string) => (await fetch(dev.url + path, { headers })).text();
  const query = `{ execution(id: "${id}") { result textOutput steps { result } } executionEvents(id: "${id}") }`;
  const seen = [
    await read(`/noetl/executions/${id}`),
    await read(`/noetl/executions/${id}/events`),
    await read(`/noetl/executions/${id}/status`),
    JSON.stringify((await graphql(dev.url, other, { query })).body),
    JSON.stringify(data),
  ];
  for (const text of seen) {
    expect(text).toContain('/cb/[hidden]');
    expect(text).not.toContain(secret);
  }
});

describe('client ids', () => {
  test("another user's is not accepted: a new one is issued, and nothing of the other's is shown", async () => {
    const mine = await events();
    const clientId = await clientIdOf(mine);
    const theirs = await events(`?session_token=${other}&client_id=${clientId}`);
    expect(await clientIdOf(theirs)).not.toBe(clientId);
    const started = await start('regression_test/slow', clientId, { seconds: 60 }, other);
    expect(started.clientId).not.toBe(clientId);
    expect(started.clientId).toBeTruthy();
    const own = await start('regression_test/slow', clientId, { seconds: 60 });
    expect(own.clientId).toBe(clientId);
    await callBack(started.requestId, { data: { of: 'other' } });
    await callBack(own.requestId, { data: { of: 'me' } });
    await mine.next(resultOf(own.requestId));
    expect(mine.frames.filter(isEvent('playbook/result')).map(({ data }) => data.params.data)).toEqual([{ of: 'me' }]);
    const back = await events(`?session_token=${other}&client_id=${started.clientId}`);
    expect((await back.next(resultOf(started.requestId))).data.params.data).toEqual({ of: 'other' });
  });

  test('without one there is no requestId, and the workload is as given', async () => {
    const { requestId, id } = await start('regression_test/hello_world', null, { name: 'Ada' });
    expect(requestId).toBeNull();
    expect(id).toBeTruthy();
    const last = dev.noetl.requests.findLast(({ path }) => path === '/api/execute');
    expect(JSON.parse(last?.text ?? '{}').workload).toEqual({ name: 'Ada' });
  });
});
