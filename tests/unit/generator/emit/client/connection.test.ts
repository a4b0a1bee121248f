import { expect, test } from 'vitest';
import {
  createConnection,
  executionMethods,
  fieldCaller,
  GatewayClientError,
  updatesOf,
} from '../../../../../generator/emit/client/client-runtime.ts';

const answering =
  (text: string, seen: unknown[] = []): typeof fetch =>
  async (url, init) => {
    seen.push(String(url), init?.method);
    return new Response(text);
  };

test('a custom fetch is used, with slashes at the end of the address left out', async () => {
  const seen: unknown[] = [];
  const url = 'https://gateway.example.com//';
  const connection = createConnection({ url, fetch: answering('{"data": {"a": 1}}', seen) });
  expect(await connection.request('{ a }')).toEqual({ a: 1 });
  expect(seen).toEqual(['https://gateway.example.com/graphql', 'POST']);
});

test('a field is read out of the data that its document asks for', async () => {
  const connection = createConnection({ url: 'https://gateway.example.com', fetch: answering('{"data": {"a": [1]}}') });
  expect(await fieldCaller(connection)('a', 'query a{a}')).toEqual([1]);
});

test('the states of an execution come by its subscription, where there is one', async () => {
  const text = 'event: next\ndata: {"data": {"executionUpdates": {"status": "RUNNING"}}}\n\nevent: complete\n\n';
  const connection = createConnection({
    url: 'https://gateway.example.com',
    fetch: async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
  });
  expect(updatesOf(connection, undefined)).toBeUndefined();
  const updates = updatesOf(connection, 'subscription executionUpdates($id:ID!){executionUpdates(id:$id){status}}');
  const seen: unknown[] = [];
  for await (const state of updates?.('7', new AbortController().signal) ?? []) seen.push(state);
  expect(seen).toEqual([{ status: 'RUNNING' }]);
});

test('an aborted call rejects with the reason of its signal', async () => {
  const aborted: typeof fetch = async (_url, init) => {
    throw init?.signal?.aborted ? new DOMException('aborted', 'AbortError') : new Error('not aborted');
  };
  const connection = createConnection({ url: 'https://gateway.example.com', fetch: aborted });
  const signal = AbortSignal.abort('enough');
  await expect(connection.request('{ a }', {}, { signal })).rejects.toBe('enough');
});

const waiting = (read: () => Promise<{ status: string }>) =>
  executionMethods({
    read,
    start: () => expect.unreachable(),
    cancel: () => expect.unreachable(),
  }).waitForExecution('7');

test.each([
  { code: 'ERR_UPSTREAM', status: 200 },
  { code: 'ERR_ANSWER', status: 504 },
  { code: 'ERR_RATE_LIMITED', status: 429 },
])('polling outlives $code with status $status', async ({ code, status }) => {
  const answers = [
    () => Promise.reject(new GatewayClientError(code, 'Later.', { status })),
    async () => ({ status: 'FAILED' }),
  ];
  const ask = () => answers.shift()?.() ?? Promise.reject(new Error('asked too often'));
  expect(await waiting(ask)).toEqual({ status: 'FAILED' });
});

test.each([
  new GatewayClientError('ERR_SESSION_INVALID', 'No.', { status: 401 }),
  new GatewayClientError('ERR_ANSWER', 'No.', { status: 500 }),
  new TypeError('a bug'),
])('polling ends with %s', async (error) => {
  await expect(waiting(() => Promise.reject(error))).rejects.toBe(error);
});
