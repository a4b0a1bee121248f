import { afterEach, describe, expect, test } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import shipped from '../../gateway.config.ts';
import { graphql, startDevGateway } from '../support/dev-gateway.ts';
import { type EventStreamClient, isEvent, openEvents } from '../support/event-stream-client.ts';
import { freePort } from '../support/free-port.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';

let dev: DevGateway | undefined;
let serve: ServeProcess | undefined;
const open: EventStreamClient[] = [];
afterEach(async () => {
  for (const stream of open.splice(0)) stream.close();
  await dev?.stop();
  await serve?.close();
  dev = undefined;
  serve = undefined;
});

const withEvents = (events: object) => ({ ...(shipped as unknown as GatewayConfig), events }) as GatewayConfig;

async function start(events: object, environment: Record<string, string> = {}) {
  dev = await startDevGateway({ config: withEvents(events), environment });
  const { sessionToken: token } = await dev.login('developer');
  return { dev, token };
}

async function listen(url: string, search: string, headers: Record<string, string> = {}) {
  const stream = await openEvents(url, search, headers);
  open.push(stream);
  return stream;
}

async function run(url: string, token: string, clientId: string, name = 'regression_test/slow') {
  const query = 'mutation($n: String!, $c: String) { executePlaybook(name: $n, clientId: $c) { id requestId } }';
  const { body } = await graphql(url, token, { query, variables: { n: name, c: clientId } });
  return body.data?.['executePlaybook'] as { id: string; requestId: string | null };
}

describe('what the config switches', () => {
  test('a session in the address can be switched off; headers and tickets still open a stream', async () => {
    const { dev, token } = await start({ sessionInQuery: false });
    const refused = await listen(dev.url, `?session_token=${token}`);
    expect(refused.status).toBe(400);
    const stream = await listen(dev.url, '', { authorization: `Bearer ${token}` });
    await stream.next(isEvent('ping'));
  });

  test('GATEWAY_SSE_ENABLED=false: no stream, no requestId, and the workload is as given', async () => {
    const { dev, token } = await start({}, { GATEWAY_SSE_ENABLED: 'false' });
    expect((await listen(dev.url, `?session_token=${token}`)).status).toBe(404);
    expect((await run(dev.url, token, 'client')).requestId).toBeNull();
    expect(dev.noetl.requests.findLast(({ path }) => path === '/api/execute')?.text).not.toContain('gateway_url');
  });

  test('heartbeats and the longest time of a stream are those of the environment', async () => {
    const { dev, token } = await start(
      {},
      { GATEWAY_HEARTBEAT_INTERVAL_SECS: '1', GATEWAY_CONNECTION_TIMEOUT_SECS: '3' },
    );
    const stream = await listen(dev.url, `?session_token=${token}`);
    await stream.ended();
    expect(stream.frames.filter(isEvent('ping')).length).toBeGreaterThanOrEqual(2);
    expect(stream.frames.filter(isEvent('error'))).toEqual([]);
  });

  test('the streams of a user are bounded, and a closed one makes room', async () => {
    const { dev, token } = await start({ streams: 10 }, { GATEWAY_TRUSTED_PROXIES: '1' });
    const search = `?session_token=${token}`;
    const [first] = [await listen(dev.url, search), await listen(dev.url, search)];
    await first?.next(isEvent('ping'));
    expect((await listen(dev.url, search)).status).toBe(429);
    const admin = (await dev.login('admin')).sessionToken;
    const elsewhere = { 'x-forwarded-for': '192.0.2.2' };
    expect((await listen(dev.url, search, elsewhere)).status).toBe(429);
    expect((await listen(dev.url, `?session_token=${admin}`, elsewhere)).status).toBe(200);
    first?.close();
    for (let left = 50; left > 0; left -= 1) {
      if ((await listen(dev.url, search)).status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('no room');
  });

  test('the streams of an address are bounded', async () => {
    const { dev, token } = await start({ streams: 5 });
    await (await listen(dev.url, `?session_token=${token}`)).next(isEvent('ping'));
    const admin = (await dev.login('admin')).sessionToken;
    expect((await listen(dev.url, `?session_token=${admin}`)).status).toBe(429);
  });

  test('requests without a result are bounded', async () => {
    const { dev, token } = await start({ streams: 10 });
    const clientId = 'a-client';
    for (let n = 0; n < 2; n += 1) expect((await run(dev.url, token, clientId)).requestId).toBeTruthy();
    const query = 'mutation($c: String) { executePlaybook(name: "regression_test/slow", clientId: $c) { id } }';
    const { body } = await graphql(dev.url, token, { query, variables: { c: clientId } });
    expect(body.errors?.[0]?.extensions.code).toBe('ERR_RATE_LIMITED');
  });

  test('requests that something is stored for are bounded, also with their result', async () => {
    const { dev, token } = await start({ streams: 5 });
    const stream = await listen(dev.url, `?session_token=${token}`);
    const { clientId } = (await stream.next(isEvent('message'))).data.result;
    for (let n = 0; n < 10; n += 1) {
      const { requestId } = await run(dev.url, token, clientId, 'regression_test/hello_world');
      await stream.next(({ data }) => data?.params?.requestId === requestId);
    }
    const query = 'mutation($c: String) { executePlaybook(name: "regression_test/slow", clientId: $c) { id } }';
    const { body } = await graphql(dev.url, token, { query, variables: { c: clientId } });
    expect(body.errors?.[0]).toMatchObject({
      message: expect.stringContaining('kept for your clients'),
      extensions: { code: 'ERR_RATE_LIMITED' },
    });
  });

  test('callbacks on the public port, by the secret, where the config opens them', async () => {
    const port = await freePort();
    const { dev, token } = await start(
      { callbacks: 'public' },
      { ROUTER_PORT: String(port), GATEWAY_PUBLIC_URL: `http://localhost:${port}` },
    );
    const stream = await listen(dev.url, `?session_token=${token}`);
    const { clientId } = (await stream.next(isEvent('message'))).data.result;
    await run(dev.url, token, clientId);
    const sent = dev.noetl.requests.findLast(({ path }) => path === '/api/execute');
    const { gateway_url, request_id } = JSON.parse(sent?.text ?? '{}').workload;
    expect(gateway_url).toMatch(new RegExp(`^http://localhost:${port}/cb/[\\w-]{43}$`));
    const body = JSON.stringify({ request_id, data: { n: 1 } });
    const forged = `http://localhost:${port}/cb/${'B'.repeat(43)}/api/internal/callback/async`;
    expect((await fetch(forged, { method: 'POST', body })).status).toBe(403);
    expect((await fetch(`${gateway_url}/api/internal/callback/async`, { method: 'POST', body })).status).toBe(200);
    expect((await stream.next(isEvent('playbook/result'))).data.params.data).toEqual({ n: 1 });
  });

  test('a result that is too large is left out with a note', async () => {
    const { dev, token } = await start({ resultBytes: 2_000 });
    const stream = await listen(dev.url, `?session_token=${token}`);
    const { clientId } = (await stream.next(isEvent('message'))).data.result;
    await run(dev.url, token, clientId);
    const sent = dev.noetl.requests.findLast(({ path }) => path === '/api/execute');
    const { gateway_url, request_id } = JSON.parse(sent?.text ?? '{}').workload;
    const body = JSON.stringify({ request_id, data: { long: 'ab '.repeat(2_000) } });
    expect((await fetch(`${gateway_url}/api/internal/callback/async`, { method: 'POST', body })).status).toBe(200);
    const { data } = (await stream.next(isEvent('playbook/result'))).data.params;
    expect(data).toEqual({ code: 'ERR_RESULT_TOO_LARGE', message: expect.any(String) });
  });
});

describe('the process', () => {
  test('neither log nor audit log holds a token or a ticket of an address; a stopping process ends its streams', async () => {
    serve = await startServe({ LOG_LEVEL: 'debug' });
    const token = await serve.login('developer@example.com');
    const answer = await fetch(`${serve.url}/api/auth/ticket`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    const { ticket } = (await answer.json()) as { ticket: string };
    const [byToken, byTicket] = [
      await listen(serve.url, `?session_token=${token}`),
      await listen(serve.url, `?ticket=${ticket}`),
    ];
    await byTicket.next(isEvent('ping'));
    await listen(serve.url, '?session_token=wrong-token-in-the-address');
    const { clientId } = (await byToken.next(isEvent('message'))).data.result;
    await run(serve.url, token, clientId, 'regression_test/hello_world');
    await byToken.next(isEvent('playbook/result'));
    expect(await serve.terminate()).toBe(0);
    await byToken.ended();
    // The audit log is part of the output.
    const kept = serve.output();
    expect(kept).toContain('"category":"audit"');
    expect(kept).toContain('/events');
    for (const secret of [token, ticket, 'wrong-token-in-the-address', '/cb/']) {
      expect(kept.replaceAll('/cb/[redacted]', '')).not.toContain(secret);
    }
  }, 40_000);
});
