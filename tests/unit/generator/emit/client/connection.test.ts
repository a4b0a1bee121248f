import { expect, test } from 'vitest';
import { poll } from '../../../../../generator/emit/client/client-run.ts';
import { createConnection } from '../../../../../generator/emit/client/client-runtime.ts';
import { GatewayClientError } from '../../../../../generator/emit/client/client-shapes.ts';

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

test('an aborted call rejects with the reason of its signal', async () => {
  const aborted: typeof fetch = async (_url, init) => {
    throw init?.signal?.aborted ? new DOMException('aborted', 'AbortError') : new Error('not aborted');
  };
  const connection = createConnection({ url: 'https://gateway.example.com', fetch: aborted });
  const signal = AbortSignal.abort('enough');
  await expect(connection.request('{ a }', {}, { signal })).rejects.toBe('enough');
});

test.each([
  { code: 'ERR_UPSTREAM', status: 200 },
  { code: 'ERR_ANSWER', status: 504 },
  { code: 'ERR_RATE_LIMITED', status: 429 },
])('polling outlives $code with status $status', async ({ code, status }) => {
  const looks = [
    () => Promise.reject(new GatewayClientError(code, 'Later.', { status })),
    async () => ({ status: 'FAILED' }),
  ];
  const ask = () => looks.shift()?.() ?? Promise.reject(new Error('asked too often'));
  expect(await poll(ask)).toEqual({ status: 'FAILED' });
});

test.each([
  new GatewayClientError('ERR_SESSION_INVALID', 'No.', { status: 401 }),
  new GatewayClientError('ERR_ANSWER', 'No.', { status: 500 }),
  new TypeError('a bug'),
])('polling ends with %s', async (error) => {
  await expect(poll(() => Promise.reject(error))).rejects.toBe(error);
});
