import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GatewayClientError } from '../../../../../generator/emit/client/client-runtime.ts';
import { createGatewayClient } from '../../../../golden/client/noetl-gateway-client.ts';
import { type LoopbackServer, serveOnLoopback } from '../../../../support/loopback-server.ts';

interface Seen {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly body: { readonly query?: string; readonly variables?: unknown };
}

let server: LoopbackServer;
let url: string;
let seen: Seen[];
let answers: { status?: number; headers?: Record<string, string>; text: string }[];

const json = (body: unknown, status = 200, headers = {}) => ({ status, headers, text: JSON.stringify(body) });

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** A gateway that gives the queued answers in turn and then hangs up. */
beforeEach(async () => {
  seen = [];
  answers = [];
  server = await serveOnLoopback(async (request, response) => {
    const { authorization } = request.headers;
    seen.push({ path: request.url, authorization, body: JSON.parse(await textOf(request)) });
    const answer = answers.shift();
    if (answer === undefined) return void response.destroy();
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.text);
  });
  url = server.url;
});

afterEach(() => server.close());

const failure = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable('the call succeeded'),
    (error: unknown) => error,
  );

describe('sessions', () => {
  test('login keeps the token for the calls that follow, logout forgets it', async () => {
    const client = createGatewayClient({ url: `${url}/` });
    answers.push(json({ session_token: 's1' }), json({ allowed: true }), json({ status: 'logged_out' }));
    await client.login({ auth0_token: 'a' });
    await client.checkAccess('data/x', 'view');
    await client.logout({ all: true });
    expect(seen).toEqual([
      { path: '/api/auth/login', authorization: undefined, body: { auth0_token: 'a' } },
      {
        path: '/api/auth/check-access',
        authorization: 'Bearer s1',
        body: { session_token: 's1', playbook_path: 'data/x', permission_type: 'view' },
      },
      { path: '/api/auth/logout', authorization: 'Bearer s1', body: { all: true } },
    ]);
    expect(client.token).toBeUndefined();
  });

  test('a refusal carries code, status and the time to wait', async () => {
    answers.push(json({ error: 'Too many.', code: 'ERR_RATE_LIMITED' }, 429, { 'retry-after': '7' }));
    const error = await failure(createGatewayClient({ url }).login({ auth0_token: 'a' }));
    expect(error).toBeInstanceOf(GatewayClientError);
    expect(error).toMatchObject({ code: 'ERR_RATE_LIMITED', status: 429, retryAfterSecs: 7, message: 'Too many.' });
  });
});

describe('calls', () => {
  test('a field is asked for with all its arguments as variables', async () => {
    answers.push(json({ data: { executePlaybook: { id: '1', name: 'x', status: 'running', textOutput: null } } }));
    const client = createGatewayClient({ url, token: 't' });
    const started = await client.executePlaybook({ name: 'data/x', variables: { a: 1n } });
    expect(started?.id).toBe('1');
    expect(seen[0]?.authorization).toBe('Bearer t');
    expect(seen[0]?.body).toEqual({
      query:
        'mutation executePlaybook($name:String!$variables:JSON){executePlaybook(name:$name variables:$variables){id name status textOutput}}',
      variables: { name: 'data/x', variables: { a: '1' } },
    });
  });

  test('integers above 2^53 keep their digits, text and fractions stay as they are', async () => {
    const result =
      '{"id": 767008253774397449, "list": [-9007199254740993], "text": "n: 767008253774397449 \\\\", "f": 0.12345678901234566, "e": 1e21, "i": 9007199254740991}';
    answers.push({
      text: `{"data":{"execution":{"id":"1","status":"COMPLETED","result":${result},"textOutput":null}}}`,
    });
    const execution = await createGatewayClient({ url }).execution({ id: '1' });
    expect(execution?.result).toEqual({
      id: '767008253774397449',
      list: ['-9007199254740993'],
      text: 'n: 767008253774397449 \\',
      f: 0.12345678901234566,
      e: 1e21,
      i: 9007199254740991,
    });
  });

  test('the first error of an answer is thrown with all of them', async () => {
    const errors = [
      { message: 'No.', path: ['me'], extensions: { code: 'ERR_ACCESS_DENIED' } },
      { message: 'Neither.', extensions: { code: 'ERR_NOT_FOUND' } },
    ];
    answers.push(json({ data: null, errors }));
    expect(await failure(createGatewayClient({ url }).me())).toMatchObject({
      code: 'ERR_ACCESS_DENIED',
      status: 200,
      problems: errors,
    });
  });

  test.each([
    { name: 'a page of a proxy', answer: { status: 502, text: '<html>' }, want: { code: 'ERR_ANSWER', status: 502 } },
    {
      name: 'a page with status 200',
      answer: { status: 200, text: '<html>' },
      want: { code: 'ERR_ANSWER', status: 200 },
    },
    {
      name: 'JSON that is no object',
      answer: { status: 200, text: 'null' },
      want: { code: 'ERR_ANSWER', status: 200 },
    },
  ])('$name is no answer', async ({ answer, want }) => {
    answers.push(answer);
    expect(await failure(createGatewayClient({ url, retries: 0 }).me())).toMatchObject(want);
  });

  test('a broken connection is ERR_NETWORK', async () => {
    expect(await failure(createGatewayClient({ url }).me())).toMatchObject({ code: 'ERR_NETWORK', status: 0 });
  });
});

describe('waitForExecution', () => {
  const at = (status: string) => json({ data: { execution: { id: '1', status, result: null, textOutput: null } } });

  test('asks until the execution is over and outlives what passes', async () => {
    const unavailable = { errors: [{ message: 'Later.', extensions: { code: 'ERR_AUTH_UNAVAILABLE' } }] };
    answers.push(at('RUNNING'), json(unavailable, 503), at('COMPLETED'));
    const execution = await createGatewayClient({ url }).waitForExecution('1', { timeoutMs: 10_000 });
    expect(execution.status).toBe('COMPLETED');
    expect(seen).toHaveLength(3);
  });

  test('gives up after the time that it was given', async () => {
    answers.push(at('RUNNING'));
    const error = await failure(createGatewayClient({ url }).waitForExecution('1', { timeoutMs: 10 }));
    expect(error).toMatchObject({ code: 'ERR_TIMEOUT' });
  });

  test('does not outlive a refusal', async () => {
    answers.push(json({ errors: [{ message: 'No.', extensions: { code: 'ERR_NOT_FOUND' } }] }));
    const error = await failure(createGatewayClient({ url }).waitForExecution('1'));
    expect(error).toMatchObject({ code: 'ERR_NOT_FOUND' });
    expect(seen).toHaveLength(1);
  });

  test('stops by its signal', async () => {
    const controller = new AbortController();
    answers.push(at('RUNNING'));
    const waiting = failure(createGatewayClient({ url }).waitForExecution('1', { signal: controller.signal }));
    server.server.once('request', (_request, response) => response.once('finish', () => controller.abort('enough')));
    expect(await waiting).toBe('enough');
  });
});
