import { describe, expect, test } from 'vitest';
import { type DoctorProbes, examine, hasProblem, renderFindings } from '../../../../cli/doctor/examine.ts';
import type { GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../../../gateway/config/resolve-config.ts';
import { issuerUnavailable } from '../../../../gateway/identity/issuer-documents.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

const declaration: GatewayConfig = { operations: {}, roles: ['admin'], grants: [] };
const environment = {
  GATEWAY_TRUSTED_ISSUERS: 'https://tenant.example.com/',
  GATEWAY_AUDIENCES: 'app',
  GATEWAY_SESSION_STORE: 'redis://:hunter2@store.example.com:6379',
  GATEWAY_SESSION_KEY: Buffer.alloc(32, 1).toString('base64'),
  NOETL_BASE_URL: 'http://noetl.example.com:8082',
};
const now = new Date('2026-01-26T08:00:00Z');

const healthy: DoctorProbes = {
  nodeVersion: 'v24.1.0',
  resolve: () => resolveConfig(declaration, environment),
  assemble: async () => {},
  claim: async () => ({ problems: [], isRunning: false }),
  readUpstream: async () => ({ date: now }),
  discoverIssuer: async () => 2,
  authCalls: async () => [],
  askCallback: async () => 'internal',
  pingStore: async () => {},
  lookForDrift: async () => ({ state: 'same', text: 'it is the pulled one', isOutage: false }),
  now: () => now,
};

/** Lines of a check, given probes of which some are other ones. */
async function linesOf(changes: Partial<DoctorProbes>, check: string): Promise<string[]> {
  const findings = await examine({ ...healthy, ...changes });
  return findings.filter((one) => one.check === check).map((one) => `${one.outcome}: ${one.message}`);
}

const fails = (error: unknown) => () => Promise.reject(error);

describe('examine', () => {
  test('everything is fine', async () => {
    const findings = await examine(healthy);
    expect(findings.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
      'node fine',
      'environment fine',
      'start fine',
      'upstream fine',
      'issuer fine',
      'logins warning',
      'callback fine',
      'store fine',
      'drift fine',
    ]);
    expect(hasProblem(findings)).toBe(false);
  });

  const withAuth = (auth: GatewayConfig['auth'] & object) => () => resolveConfig({ ...declaration, auth }, environment);
  test.each<[string, Partial<DoctorProbes>, RegExp | undefined]>([
    ['logins of a NoETL without such calls', {}, /^keep workers free .* log in at the gateway/],
    ['a NoETL that validates', { authCalls: async () => ['validator'] }, /^set auth\.validator: \{ kind: 'http' \} in/],
    [
      'a NoETL with both calls',
      { authCalls: async () => ['login', 'validator'] },
      /^set auth\.login: .* and auth\.validator: /,
    ],
    ['calls that could not be asked for', { authCalls: fails(new TypeError('x')) }, /^keep workers free/],
    ['no auth playbook', { resolve: withAuth({ login: { kind: 'http' }, validator: { kind: 'http' } }) }, undefined],
  ])('%s: the next step', async (_name, changes, want) => {
    const findings = (await examine({ ...healthy, ...changes })).filter(({ check }) => check === 'logins');
    expect(findings.map(({ nextStep }) => nextStep)).toEqual(want === undefined ? [] : [expect.stringMatching(want)]);
  });

  test.each<{ name: string; changes: Partial<DoctorProbes>; check: string; want: string[] }>([
    {
      name: 'NoETL is away',
      changes: { readUpstream: fails(new GatewayError('ERR_UPSTREAM', 'NoETL cannot be reached.')) },
      check: 'upstream',
      want: ['problem: NoETL at noetl.example.com:8082 does not answer a read: NoETL cannot be reached'],
    },
    {
      name: 'a start that would fail, and a file that cannot be written',
      changes: {
        assemble: fails(new GatewayError('ERR_POLICY_INVALID', 'refused', { problems: ['one', 'two'] })),
        claim: async () => ({ problems: ['three'], isRunning: false }),
      },
      check: 'start',
      want: ['problem: one', 'problem: two', 'problem: three'],
    },
    {
      name: 'a plugin that throws',
      changes: { assemble: fails(new RangeError('no such region')) },
      check: 'start',
      want: ['problem: RangeError: no such region'],
    },
    {
      name: 'a gateway that runs',
      changes: { claim: async () => ({ problems: [], isRunning: true }) },
      check: 'start',
      want: ['warning: a gateway listens on ports 8090 and 8091 already'],
    },
    {
      name: 'a session store of the config',
      changes: {
        resolve: () =>
          resolveConfig({ ...declaration, adapters: { sessionStore: () => expect.unreachable() } }, environment),
        pingStore: fails(new TypeError('hunter2')),
      },
      check: 'store',
      want: ['problem: the session store of adapters.sessionStore does not answer: TypeError'],
    },
    {
      name: 'clocks differ',
      changes: { readUpstream: async () => ({ date: new Date(now.getTime() + 31_000) }) },
      check: 'upstream',
      want: [
        'fine: NoETL at noetl.example.com:8082 answers a real read',
        'warning: the clocks of this machine and of NoETL differ by 31 s',
      ],
    },
    {
      name: 'an issuer that cannot be reached',
      changes: { discoverIssuer: fails(issuerUnavailable('https://tenant.example.com/', 'its key set answers 500')) },
      check: 'issuer',
      want: ['problem: https://tenant.example.com/: its key set answers 500'],
    },
    {
      name: 'a store that does not answer',
      changes: { pingStore: fails(new TypeError('redis://:hunter2@store')) },
      check: 'store',
      want: ['problem: the redis session store does not answer: TypeError'],
    },
    {
      name: 'a store that refuses the password',
      changes: {
        pingStore: fails(
          new GatewayError('ERR_STORE', 'the session store does not answer', { cause: new Error('WRONGPASS hunter2') }),
        ),
      },
      check: 'store',
      want: ['problem: the redis session store does not answer: AUTHENTICATION'],
    },
    {
      name: 'sessions in memory',
      changes: {
        resolve: () =>
          resolveConfig(declaration, {
            ...environment,
            GATEWAY_SESSION_STORE: 'memory:',
            GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
          }),
      },
      check: 'store',
      want: ['warning: sessions are kept in memory, for this process alone'],
    },
    {
      name: 'nothing pulled',
      changes: { lookForDrift: async () => undefined },
      check: 'drift',
      want: ['problem: no document has been pulled'],
    },
    {
      name: 'another document',
      changes: { lookForDrift: async () => ({ state: 'differs', text: 'a route is missing', isOutage: false }) },
      check: 'drift',
      want: ['warning: differs: a route is missing'],
    },
    {
      name: 'a NoETL that could not be looked at',
      changes: { lookForDrift: async () => ({ state: 'not checked', text: 'NoETL refuses it', isOutage: false }) },
      check: 'drift',
      want: ['warning: not checked: NoETL refuses it'],
    },
    {
      name: 'a name that means nothing',
      changes: { resolve: () => resolveConfig(declaration, { ...environment, GATEWAY_NONSENSE: '1' }) },
      check: 'environment',
      want: ['fine: complete, for production', expect.stringContaining('GATEWAY_NONSENSE') as unknown as string],
    },
  ])('$name', async ({ changes, check, want }) => {
    expect(await linesOf(changes, check)).toEqual(want);
  });

  test('with a wrong environment every problem is a line, and nothing outside is asked', async () => {
    const asked = () => expect.unreachable('asked');
    const findings = await examine({
      ...healthy,
      resolve: () => resolveConfig(declaration, { NOETL_BASE_URL: 'nonsense' }),
      assemble: asked,
      claim: asked,
      readUpstream: asked,
      discoverIssuer: asked,
      pingStore: asked,
      lookForDrift: asked,
    });
    const outcomes = findings.map(({ check, outcome }) => `${check} ${outcome}`);
    expect(outcomes.filter((one) => one === 'environment problem').length).toBeGreaterThanOrEqual(3);
    expect(outcomes.slice(-7)).toEqual([
      'start skipped',
      'upstream skipped',
      'issuer skipped',
      'logins skipped',
      'callback skipped',
      'store skipped',
      'drift skipped',
    ]);
    expect(hasProblem(findings)).toBe(true);
  });

  test('each problem and warning has a next step, on one line', async () => {
    const findings = await examine({
      ...healthy,
      discoverIssuer: fails(new Error('x')),
      lookForDrift: async () => ({ state: 'differs', text: 'x', isOutage: false }),
    });
    for (const { outcome, nextStep } of findings) {
      expect(nextStep !== undefined).toBe(outcome === 'problem' || outcome === 'warning');
    }
    const lines = renderFindings(findings).trimEnd().split('\n');
    expect(lines).toHaveLength(findings.length);
    expect(lines[0]).toBe('ok       node         Node v24.1.0');
    expect(lines).toContainEqual(expect.stringMatching(/^PROBLEM {2}issuer {7}\S+: .+ -> check the issuer/));
  });
});
