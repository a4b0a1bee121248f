import { describe, expect, test } from 'vitest';
import type { RouteProbe } from '../../../../gateway/calls/route-probe.ts';
import { checkDocument } from '../../../../gateway/upstream/document-check.ts';
import { documentHash } from '../../../../generator/document/document-hash.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { parseJson } from '../../../../plugins/json/lossless-json.ts';
import { scriptedUpstream } from '../../../support/scripted-upstream.ts';

const probeOf = (operation: string, lacking?: RouteProbe['lacking']): RouteProbe => {
  const path = operation.slice(operation.indexOf(' ') + 1);
  const call = (id: string) =>
    ({ method: 'GET', path: path.replace('{id}', id), idempotent: true, route: path }) as const;
  return lacking === undefined ? { operation, call } : { operation, call, lacking };
};
const emptyAnswer = { status: 404, body: '' };
const noMethod = { status: 405, body: '' };

/** Of a server that publishes no document, unless the script has one. */
async function check(script: Parameters<typeof scriptedUpstream>[0], ...probes: RouteProbe[]) {
  const { upstream, seen } = scriptedUpstream({ 'GET /openapi.json': emptyAnswer, ...script });
  const { state, text, isOutage } = await checkDocument({ upstream, lockedHash: 'pulled', hashOf: () => '', probes });
  return { found: `${state}: ${text}`, isOutage, seen: seen() };
}

describe('a server that publishes its document', () => {
  const text =
    '{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {"summary": "S", "maximum": 9223372036854775807}}}}';
  const lookAt = (live: string) => {
    const { upstream } = scriptedUpstream({ 'GET /openapi.json': { body: parseJson(live) } });
    const hashOf = (document: object) => documentHash(document as Parameters<typeof documentHash>[0]);
    return checkDocument({ upstream, lockedHash: documentHash(JSON.parse(text)), hashOf, probes: [] });
  };

  test('the live document is the pulled one, whatever its prose and its long numbers', async () => {
    expect(await lookAt(text.replace('"S"', '"T"'))).toMatchObject({ state: 'same' });
  });

  test('another one differs, and is kept', async () => {
    const found = await lookAt(text.replace('/a', '/b'));
    expect(found).toMatchObject({ state: 'differs', live: { document: { paths: { '/b': expect.anything() } } } });
  });
});

describe('a server that publishes no document', () => {
  test('routes that answer are the same, and what no read shows is named', async () => {
    const { found, seen } = await check(
      { 'GET /a': { body: {} }, 'GET /start': noMethod, 'GET /both': { body: {} } },
      ...[probeOf('GET /a', () => []), probeOf('POST /start'), probeOf('POST /both')],
    );
    expect(found).toBe(
      'same: NoETL publishes no document, and has the routes and members that open rows use; no read shows POST /both',
    );
    expect(seen).toEqual(['GET /openapi.json', 'GET /a', 'GET /start', 'GET /both']);
  });

  test.each([
    ['a route that is gone', emptyAnswer, 'GET /a is missing'],
    [
      'a route that is gone, in the words of the Python server',
      { status: 404, body: { detail: 'Not Found' } },
      'GET /a is missing',
    ],
    ['a route without the method', noMethod, 'GET /a is missing'],
    ['an answer without a member', { body: {} }, 'GET /a answers without status'],
  ])('%s differs', async (_name, answer, words) => {
    const { found } = await check(
      { 'GET /a': answer },
      probeOf('GET /a', () => ['status']),
    );
    expect(found).toBe(
      `differs: NoETL publishes no document, and ${words}: pull the document of its release, then generate`,
    );
  });

  test('a POST whose path is gone differs', async () => {
    expect((await check({ 'GET /start': emptyAnswer }, probeOf('POST /start'))).found).toContain(
      'POST /start is missing',
    );
  });

  test('what is missing in the words of the API proves its route', async () => {
    const answer = { status: 404, body: { error: 'Execution 1 not found', status: 404 } };
    expect(
      (
        await check(
          { 'GET /a': answer },
          probeOf('GET /a', () => ['status']),
        )
      ).found,
    ).toMatch(/^same: /);
  });

  test.each([401, 403, 429, 302])('%i proves nothing, and an hour is soon enough to ask again', async (status) => {
    const { found, isOutage } = await check(
      { 'GET /a': { status } },
      probeOf('GET /a', () => []),
    );
    expect(found).toBe(
      `not checked: NoETL publishes no document, and NoETL answers ${status} for GET /a: see upstream.token`,
    );
    expect(isOutage).toBe(false);
  });

  test('the first call without an answer ends the look', async () => {
    const outage = new GatewayError('ERR_UPSTREAM', 'NoETL cannot be reached');
    const probes = [probeOf('GET /a', () => []), probeOf('GET /b', () => [])];
    const { found, isOutage, seen } = await check({ 'GET /a': outage }, ...probes);
    expect([found, isOutage]).toEqual(['not checked: NoETL cannot be reached', true]);
    expect(seen).not.toContain('GET /b');
    const broken = await check({ 'GET /a': { status: 500 } }, ...probes);
    expect([broken.found, broken.isOutage]).toEqual(['not checked: NoETL answers 500 for GET /a', true]);
  });

  test('an execution that the list names is the one that others are asked about', async () => {
    const { seen } = await check(
      { 'GET /list': { body: [{ execution_id: '77' }] } },
      ...[probeOf('GET /list', () => []), probeOf('GET /list/{id}', () => [])],
    );
    expect(seen.at(-1)).toBe('GET /list/77');
    expect((await check({}, probeOf('GET /list/{id}'))).seen.at(-1)).toBe('GET /list/1');
  });

  test('many differences are a line of bounded length', async () => {
    const probes = Array.from({ length: 40 }, (_, number) => probeOf(`GET /gone/${number}`));
    const script = Object.fromEntries(probes.map(({ operation }) => [operation, emptyAnswer]));
    expect((await check(script, ...probes)).found).toContain('GET /gone/4 is missing; and 35 more');
  });
});

test('an outage, and a server that fails, are no answer', async () => {
  const outage = new GatewayError('ERR_UPSTREAM_TIMEOUT', 'NoETL did not answer in time');
  expect(await check({ 'GET /openapi.json': outage })).toMatchObject({
    found: 'not checked: NoETL did not answer in time',
    isOutage: true,
  });
  expect((await check({ 'GET /openapi.json': { status: 503 } })).isOutage).toBe(true);
});
