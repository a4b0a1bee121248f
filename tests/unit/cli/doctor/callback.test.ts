import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examineCallback } from '../../../../cli/doctor/examine.ts';
import { probeCallback } from '../../../../cli/doctor/examine-project.ts';
import { resolveConfig } from '../../../../gateway/config/resolve-config.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { freePort } from '../../../support/free-port.ts';
import { type LoopbackServer, serveOnLoopback } from '../../../support/loopback-server.ts';

type Place = 'internal' | 'public' | 'other';

async function findings(
  answer: Place | Error,
  environment: Record<string, string> = {},
  auth: Parameters<typeof resolveConfig>[0]['auth'] = {},
) {
  const { config } = resolveConfig(
    { operations: {}, roles: ['admin'], grants: [], auth },
    {
      NODE_ENV: 'development',
      GATEWAY_TRUSTED_ISSUERS: 'https://tenant.example.com/',
      GATEWAY_AUDIENCES: 'app',
      NOETL_BASE_URL: 'http://noetl.example.com:8082',
      GATEWAY_INTERNAL_URL: 'http://gateway.example.com:8091',
      ...environment,
    },
  );
  const askCallback = async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return (await examineCallback({ askCallback }, config)).map(
    ({ outcome, message, nextStep = '' }) => `${outcome}: ${message} -> ${nextStep}`,
  );
}

describe('doctor tries the address that NoETL calls back', () => {
  test('the internal listener', async () => {
    expect(await findings('internal')).toEqual([
      expect.stringMatching(/^fine: .* answers at http:\/\/gateway\.example\.com:8091/),
    ]);
  });

  test('the public listener, or another program', async () => {
    expect(await findings('public')).toEqual([expect.stringMatching(/^problem: .*public listener.*port 8091/)]);
    expect(await findings('other')).toEqual([expect.stringMatching(/^problem: .*not the gateway/)]);
  });

  test('nothing answers: where to run it, and what to open', async () => {
    const refused = new GatewayError('ERR_AUTH_UNAVAILABLE', 'ECONNREFUSED');
    expect(await findings(refused)).toEqual([
      expect.stringMatching(/^warning: .*ECONNREFUSED -> .*NoETL's workers run.*NetworkPolicy, port 8091/),
    ]);
  });

  test('an address of this machine, and NoETL on another one', async () => {
    const local = { GATEWAY_INTERNAL_URL: 'http://127.0.0.1:8091' };
    expect(await findings('internal', local)).toEqual([
      expect.stringMatching(/^problem: .*another machine -> .*POD_IP/),
    ]);
    expect(await findings('internal', { ...local, NOETL_BASE_URL: 'http://localhost:8082' })).toEqual([
      expect.stringMatching(/^fine/),
    ]);
  });

  test('no auth playbook, no question', async () => {
    const auth = { login: { kind: 'http' }, validator: { kind: 'http' }, access: { checker: 'local' } } as const;
    expect(await findings('other', {}, auth)).toEqual([]);
  });
});

describe('probeCallback', () => {
  const answers: Record<string, string> = {};
  let server: LoopbackServer;
  beforeAll(async () => {
    server = await serveOnLoopback((request, response) => {
      const body = answers[request.url ?? ''];
      response.writeHead(body === undefined ? 404 : 200).end(body ?? '{"error": "x"}');
    });
  });
  afterAll(() => server.close());

  test.each<[Place, Record<string, string>]>([
    ['internal', { '/ready': '{"ready": false}', '/health': 'ok' }],
    ['public', { '/health': 'ok' }],
    ['other', { '/health': 'hello' }],
  ])('%s', async (place, paths) => {
    for (const path of Object.keys(answers)) delete answers[path];
    Object.assign(answers, paths);
    expect(await probeCallback(server.url, fetch)).toBe(place);
  });

  test('names the system’s code', async () => {
    await expect(probeCallback(`http://127.0.0.1:${await freePort()}`, fetch)).rejects.toMatchObject({
      message: 'ECONNREFUSED',
    });
  });
});
