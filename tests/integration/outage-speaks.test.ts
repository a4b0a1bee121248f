import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNoetlStandIn, type NoetlStandIn } from '../../dev/noetl/stand-in.ts';
import { graphql } from '../support/dev-gateway.ts';
import { type ServeProcess, startServe } from '../support/serve-process.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

let serve: ServeProcess;
let noetl: NoetlStandIn;
let proxy: Awaited<ReturnType<typeof startTcpProxy>>;
let token: string;

beforeAll(async () => {
  noetl = await createNoetlStandIn();
  proxy = await startTcpProxy(Number(noetl.url.port));
  serve = await startServe({ NOETL_BASE_URL: `http://127.0.0.1:${proxy.port}` });
  token = await serve.login('developer@example.com');
});
afterAll(async () => {
  await serve.close();
  await noetl.close();
  await proxy.close();
});

/** The value of each series. */
async function scrape(): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${serve.internalUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

const list = () => graphql(serve.url, token, { query: '{ executions { id } }' });
const linesAbout = (dependency: string) =>
  serve
    .output()
    .split('\n')
    .filter((line) => line.includes(`"dependency":"${dependency}"`) && line.includes('"of":"read"'));

it('an outage of NoETL has a line, its end has one, and no answer during it counts as 2xx', async () => {
  expect((await list()).status).toBe(200);
  const before = await scrape();
  proxy.refuse(true);
  for (let n = 0; n < 5; n += 1) {
    const { status, body } = await list();
    // As GraphQL over HTTP has it for application/json.
    expect(status).toBe(200);
    expect(body.errors?.[0]?.extensions?.code).toBe('ERR_UPSTREAM');
  }
  const during = await scrape();
  const grown = (name: string) => (during.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(grown('noetl_gateway_requests_total{route="/graphql",status="2xx"}')).toBe(0);
  expect(grown('noetl_gateway_requests_total{route="/graphql",status="5xx"}')).toBe(5);
  expect(grown('noetl_gateway_graphql_errors_total{field="executions",code="ERR_UPSTREAM"}')).toBe(5);
  expect(grown('noetl_gateway_field_duration_seconds_count{field="executions"}')).toBe(5);
  expect(during.get('noetl_gateway_dependency_up{name="noetl",of="read"}')).toBe(0);

  proxy.refuse(false);
  await expect.poll(async () => (await list()).body.errors, { timeout: 10_000 }).toBeUndefined();
  await expect.poll(() => linesAbout('noetl').length).toBe(2);
  const [failure, recovery] = linesAbout('noetl').map((line) => JSON.parse(line));
  expect(failure).toMatchObject({ level: 'error', category: 'log', next: expect.any(String) });
  expect(recovery).toMatchObject({ level: 'info', downMs: expect.any(Number) });
  expect((await scrape()).get('noetl_gateway_dependency_up{name="noetl",of="read"}')).toBe(1);
});

it('readiness, store, load, refusals and breakers are in the metrics', async () => {
  await fetch(`${serve.internalUrl}/ready`);
  await fetch(`${serve.url}/nowhere`);
  await fetch(`${serve.url}/noetl/executions`, { headers: { authorization: `Bearer ${token}` } });
  const series = await scrape();
  for (const [name, least] of [
    ['noetl_gateway_ready_check{check="upstream"}', 1],
    ['noetl_gateway_store_duration_seconds_count{operation="ping"}', 1],
    ['noetl_gateway_requests_in_flight{listener="internal"}', 1],
    ['noetl_gateway_connections{listener="public"}', 1],
    ['noetl_gateway_upstream_in_flight{class="start"}', 0],
    ['noetl_gateway_upstream_waiting{class="auth"}', 0],
    ['noetl_gateway_breakers_open{class="read"}', 0],
    ['noetl_gateway_error_answers_total{code="ERR_NOT_FOUND"}', 1],
    ['noetl_gateway_auth_playbook_total{outcome="answered"}', 1],
    ['noetl_gateway_requests_total{route="/ready",status="2xx"}', 1],
    ['noetl_gateway_requests_total{route="/noetl",status="2xx"}', 1],
  ] as const) {
    expect([name, series.get(name) ?? -1]).toEqual([name, expect.toSatisfy((value: number) => value >= least)]);
  }
});
