import { describe, expect, test } from 'vitest';
import { defaultNamespace } from '../../../../gateway/config/addresses.ts';
import { parseShadowUntil } from '../../../../gateway/config/combinations.ts';
import type { GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import { resolveConfig, trustWarnings } from '../../../../gateway/config/resolve-config.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

const key = Buffer.alloc(32, 1).toString('base64');
const accepted = { GATEWAY_SESSION_ACCEPT_MEMORY: 'true' };
const redis = { GATEWAY_SESSION_STORE: 'redis://store.example.com:6379/1', GATEWAY_SESSION_KEY: key };

const declaration: GatewayConfig = { operations: {}, roles: ['viewer'], grants: [] };
const issuers = { GATEWAY_TRUSTED_ISSUERS: 'https://login.example.com/', GATEWAY_AUDIENCES: 'app' };

const resolved = (environment: Record<string, string>) => resolveConfig(declaration, { ...issuers, ...environment });
const problemsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    resolved(environment);
    return [];
  } catch (error) {
    return error instanceof GatewayError ? error.problems : [String(error)];
  }
};

describe('what makes records in a store this deployment’s own', () => {
  test('a shared store needs a key in production, and makes one up in development', () => {
    const { GATEWAY_SESSION_STORE } = redis;
    expect(problemsOf({ GATEWAY_SESSION_STORE }).join()).toContain('GATEWAY_SESSION_KEY: is required');
    expect(problemsOf({ GATEWAY_SESSION_STORE, NODE_ENV: 'development' })).toEqual([]);
    expect(problemsOf(redis)).toEqual([]);
    expect(problemsOf(accepted)).toEqual([]);
  });

  test.each([
    ['short', Buffer.alloc(31, 1).toString('base64')],
    ['no base64', `${'x'.repeat(50)}!`],
    ['three', [key, key.replace('A', 'B'), key.replace('A', 'C')].join(',')],
  ])('an unusable key is refused without being shown: %s', (_name, text) => {
    const [problem, ...others] = problemsOf({ ...redis, GATEWAY_SESSION_KEY: text });
    expect(problem).toContain('GATEWAY_SESSION_KEY');
    expect(problem).not.toContain(text);
    expect(others).toEqual([]);
  });

  test('?prefix= names the deployment and does not reach the client of the store', () => {
    const { config } = resolved({ ...redis, GATEWAY_SESSION_STORE: 'redis://h:6379/1?prefix=team-a' });
    expect(config.sessions).toMatchObject({ namespace: 'team-a', store: 'redis://h:6379/1' });
    expect(problemsOf({ ...redis, GATEWAY_SESSION_STORE: 'redis://h?prefix=a:b' }).join()).toContain('?prefix=');
  });

  test('without a name: the same issuers, audiences and NoETL are the same deployment', () => {
    const at = (...urls: string[]) =>
      defaultNamespace(
        urls.map((issuer) => ({ issuer, audiences: ['b', 'a'] })),
        new URL('http://noetl:8082'),
      );
    expect(at('https://a/', 'https://b/')).toBe(at('https://b/', 'https://a/'));
    expect(at('https://a/')).not.toBe(at('https://b/'));
    expect(resolved(redis).config.sessions.namespace).toMatch(/^[0-9a-f]{16}$/);
    const other = resolved({ ...redis, GATEWAY_AUDIENCES: 'other' }).config.sessions.namespace;
    expect(other).not.toBe(resolved(redis).config.sessions.namespace);
  });

  test('memory: in production is reported at each start, and refused where it is not accepted', () => {
    const not = { GATEWAY_SESSION_ACCEPT_MEMORY: 'false' };
    expect(problemsOf(not)).toEqual([expect.stringMatching(/^GATEWAY_SESSION_STORE: memory: forgets at a restart/)]);
    expect(problemsOf({ ...not, GATEWAY_SESSION_STORE: 'memory:?prefix=a' })).toHaveLength(1);
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf(accepted)).toEqual([]);
    expect(trustWarnings(resolved({}).config).join()).toMatch(/to be accepted with .* work again/);
    expect(trustWarnings(resolved(accepted).config).join()).toMatch(/accepted by .* work again/);
    expect(trustWarnings(resolved(redis).config)).toEqual([]);
  });

  test('memory: in development needs no word, and neither does a store of the config', () => {
    expect(trustWarnings(resolved({ NODE_ENV: 'development' }).config)).toEqual([]);
    const sessionStore = () => {
      throw new Error('not called');
    };
    const { config } = resolveConfig({ ...declaration, adapters: { sessionStore } }, issuers);
    expect(trustWarnings(config)).toEqual([]);
  });
});

describe('shadow mode', () => {
  const dayMs = 24 * 3_600_000;
  const day = (ahead: number) => new Date(Date.now() + ahead * dayMs).toISOString().slice(0, 10);
  const shadow = (until?: string) => ({
    ...accepted,
    GATEWAY_JWT_MODE: 'shadow',
    ...(until === undefined ? {} : { GATEWAY_JWT_SHADOW_UNTIL: until }),
  });

  test.each([
    ['no end', undefined],
    ['an end that is over', day(-1)],
    ['an end too far away', day(32)],
    ['no date', 'soon'],
    ['a day that does not exist', '2030-13-45'],
  ])('is refused in production with %s', (_name, until) => {
    expect(problemsOf(shadow(until)).join()).toContain('GATEWAY_JWT_SHADOW_UNTIL');
  });

  test('with a near end it starts, warns, and knows the end', () => {
    const { config } = resolved(shadow(day(10)));
    expect(parseShadowUntil(config.auth.jwtShadowUntil)).toBe(Date.parse(`${day(11)}T00:00:00Z`));
    expect(trustWarnings(config).join()).toContain('GATEWAY_JWT_MODE=shadow');
    expect(problemsOf({ ...shadow(), NODE_ENV: 'development' })).toEqual([]);
  });
});
