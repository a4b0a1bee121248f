import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionEndedFrame } from '../../gateway/live/event-stream.ts';
import { rawRequest } from '../support/raw-request.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';

let serve: ServeProcess;
let token: string;
beforeAll(async () => {
  serve = await startServe();
  token = await serve.login('developer@example.com');
});
afterAll(() => serve.close());

const body = '{"query":"{__typename}"}';

/** Bytes as they are: a client library would join or drop what is sent twice. */
async function send(entrance: string, headers: readonly string[]): Promise<string> {
  const [method = '', path = ''] = entrance.split(' ');
  const content = method === 'POST' ? [`content-type: application/json`, `content-length: ${body.length}`] : [];
  const head = [`${method} ${path} HTTP/1.1`, 'host: x', 'connection: close', ...content, ...headers];
  const answer = await rawRequest(serve.url, `${head.join('\r\n')}\r\n\r\n${method === 'POST' ? body : ''}`);
  // As existing clients of /events expect it: a stream whose only frame says that there is no session.
  if (answer.includes(sessionEndedFrame.trim())) return '401';
  return /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? answer;
}

describe.each([
  'POST /graphql',
  'GET /graphql?query={__typename}',
  'POST /api/auth/logout',
  'GET /noetl/executions',
  'GET /events',
])('%s', (entrance) => {
  const good = () => `Authorization: Bearer ${token}`;
  const refused = (status: string) => expect(['400', '401'], status).toContain(status);

  it.each([
    ['another token behind it', () => [good(), 'Authorization: Bearer another-token-than-that']],
    ['another token before it', () => ['Authorization: Bearer another-token-than-that', good()]],
    ['another scheme behind it', () => [good(), 'Authorization: Basic b25lOnR3bw==']],
    ['another scheme before it', () => ['Authorization: Basic b25lOnR3bw==', good()]],
    ['an empty one before it', () => ['Authorization: ', good()]],
    ['two origins', () => [good(), 'Origin: https://a.example.com', 'Origin: https://b.example.com']],
    ['two request ids', () => [good(), 'X-Request-Id: a', 'X-Request-Id: b']],
  ])('a good token with %s is refused', async (_name, headers) => {
    refused(await send(entrance, headers()));
  });

  it('two session tokens that differ are refused', async () => {
    refused(await send(entrance, [`X-Session-Token: ${token}`, 'X-Session-Token: another-token-than-that']));
    refused(await send(entrance, [`Cookie: session_token=${token}`, 'Cookie: session_token=another-token']));
  });
});

it('the good token alone, or twice, is taken', async () => {
  expect(await send('POST /graphql', [`Authorization: Bearer ${token}`])).toBe('200');
  expect(await send('POST /graphql', Array(2).fill(`Authorization: Bearer ${token}`))).toBe('200');
});
