import { describe, expect, test } from 'vitest';
import { parseShadowUntil, shadowProblem } from '../../../../gateway/config/combinations.ts';
import {
  bypassProblem,
  certificateProblem,
  retiredVariables,
  unknownVariables,
} from '../../../../gateway/config/environment.ts';

describe('variables without an effect', () => {
  const warnings = (environment: Record<string, string>, known: readonly string[] = []) =>
    unknownVariables(environment, new Set(known));

  test('unknown names of the gateway, and names of the earlier one with what takes their place, in order', () => {
    expect(
      warnings({ RUST_LOG: 'debug', GATEWAY_TYPO: 'secret', PATH: '/bin', GATEWAY_PORT: '1' }, ['GATEWAY_PORT']),
    ).toEqual(['GATEWAY_TYPO is an unknown name: ignored', 'RUST_LOG is not used: set LOG_LEVEL']);
    expect(warnings({ RUST_LOG: 'debug' }, ['RUST_LOG'])).toEqual([]);
  });

  test('the nearest name is named', () => {
    expect(warnings({ GATEWAY_AUDIENCE: 'x' }, ['GATEWAY_AUDIENCES', 'GATEWAY_BIND'])).toEqual([
      'GATEWAY_AUDIENCE is an unknown name: ignored; did you mean GATEWAY_AUDIENCES?',
    ]);
    const known = ['NOETL_BASE_URL', 'CORS_ALLOWED_ORIGINS'];
    expect(warnings({ NOETL_BASEURL: 'x', NOETL_WORKERS: '3', CORES: '2' }, known)).toEqual([
      'NOETL_BASEURL is an unknown name: ignored; did you mean NOETL_BASE_URL?',
    ]);
  });

  test('every retired name says what to do, or that there is nothing to do', () => {
    for (const name of retiredVariables) {
      expect(warnings({ [name]: 'x' })).toEqual([expect.stringMatching(new RegExp(`^${name} is not used: \\S.{10}`))]);
    }
  });

  test('variables that Kubernetes makes of a service are no mistake', () => {
    expect(warnings({ GATEWAY_SERVICE_HOST: '10.0.0.1', GATEWAY_PORT: 'tcp://10.0.0.1:80' })).toEqual([]);
  });
});

test.each([
  ['absent', {}, true],
  ['empty', { GATEWAY_AUTH_BYPASS: ' ' }, true],
  ['false', { GATEWAY_AUTH_BYPASS: ' False ' }, true],
  ['0', { GATEWAY_AUTH_BYPASS: '0' }, true],
  ['true', { GATEWAY_AUTH_BYPASS: 'true' }, false],
  ['off', { GATEWAY_AUTH_BYPASS: 'off' }, false],
])('the bypass of the earlier gateway is refused unless it is off: %s', (_name, environment, isOff) => {
  const problem = bypassProblem(environment);
  if (isOff) expect(problem).toBeUndefined();
  else expect(problem).toMatch(/^GATEWAY_AUTH_BYPASS: there is no bypass/);
});

test('certificates cannot be left unchecked', () => {
  expect(certificateProblem({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toMatch(
    /^NODE_TLS_REJECT_UNAUTHORIZED: .*NODE_EXTRA_CA_CERTS/,
  );
  expect(certificateProblem({ NODE_TLS_REJECT_UNAUTHORIZED: '1' })).toBeUndefined();
  expect(certificateProblem({})).toBeUndefined();
});

describe('the end of shadow mode', () => {
  test.each([
    ['2030-01-31', '2030-02-01T00:00:00.000Z'],
    ['2030-01-31T12:30Z', '2030-01-31T12:30:00.000Z'],
    ['2030-01-31T12:30:15Z', '2030-01-31T12:30:15.000Z'],
    ['2030-01-31T12:30:15.25Z', '2030-01-31T12:30:15.250Z'],
  ])('%s is %s', (text, want) => {
    expect(new Date(parseShadowUntil(text) ?? 0).toISOString()).toBe(want);
  });

  test.each([
    undefined,
    '',
    '2030-13-01',
    '2030-01-31T25:00Z',
    '2030-01-31T12:30',
    '2030-01-31T12:30:15+02:00',
    'x2030-01-31',
    '2030-01-31x',
    'x2030-01-31T12:30Z',
    '2030-01-31T12:30Zx',
    '2030-01-31T12:30:15.Z',
    '30-01-31',
    '1',
  ])('%s is neither a day nor a moment in UTC', (text) => {
    expect(parseShadowUntil(text)).toBeUndefined();
  });

  const now = Date.parse('2030-01-01T12:00:00Z');
  test.each([
    [undefined, /^is required with shadow mode: a date at most 30 days ahead/],
    ['soon', /^must be a date/],
    ['2029-12-31', /^is over/],
    ['2030-01-01T12:00:00Z', /^is over/],
    ['2030-02-01T12:00:01Z', /^must be at most 30 days ahead/],
    ['2030-02-01', /^must be at most 30 days ahead/],
  ])('%s is refused', (text, want) => {
    expect(shadowProblem(text, now)).toMatch(want);
  });

  test.each(['2030-01-01', '2030-01-01T12:00:01Z', '2030-01-31', '2030-02-01T12:00:00Z'])(
    '%s is near enough',
    (text) => {
      expect(shadowProblem(text, now)).toBeUndefined();
    },
  );
});
