import { describe, expect, it } from 'vitest';
import { env } from '../../../../gateway/config/environment.ts';
import type { GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../../../gateway/config/resolve-config.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { authenticated } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { allow } from '../../../../plugins/noetl-auth/access/grant.ts';

const declaration: GatewayConfig = { operations: {}, roles: ['admin'], grants: [allow('admin', 'all', '*')] };
const required = {
  GATEWAY_TRUSTED_ISSUERS: 'tenant.example.com',
  GATEWAY_AUDIENCES: 'app',
  GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
};

function problemsOf(environment: Record<string, string>, config: GatewayConfig = declaration): readonly string[] {
  try {
    resolveConfig(config, environment);
    return [];
  } catch (error) {
    if (error instanceof GatewayError) return error.problems;
    throw error;
  }
}

describe('resolveConfig', () => {
  it('has the documented defaults', () => {
    const { config, warnings } = resolveConfig(declaration, required);
    expect(warnings).toEqual([]);
    expect(config.mode).toBe('production');
    expect(config.listen).toMatchObject({ bind: '0.0.0.0', port: 8090, internalPort: 8091, trustedProxies: 0 });
    expect(config.upstream.baseUrl.href).toBe('http://noetl.noetl.svc.cluster.local:8082/');
    expect(config.upstream.timeoutMs).toBe(30_000);
    expect(config.auth.playbooks.login).toBe('api_integration/auth0/auth0_login');
    expect(config.auth.playbooks.timeoutMs).toBe(12_000);
    expect(config.sessions.store).toBe('memory:');
  });

  it('reads the token of NoETL, and never repeats one that cannot be sent', () => {
    const read = (token: string) => resolveConfig(declaration, { ...required, NOETL_INTERNAL_API_TOKEN: token }).config;
    expect(read('gate-1').upstream.token).toBe('gate-1');
    expect(read('').upstream).not.toHaveProperty('token');
    const problems = problemsOf({ ...required, NOETL_INTERNAL_API_TOKEN: 'gate 1\r\nx: y' });
    expect(problems).toEqual([
      'NOETL_INTERNAL_API_TOKEN: must be visible ASCII characters without blanks, 4096 at most',
    ]);
  });

  it('reads headers of rows from the environment', () => {
    const row = {
      upstream: 'GET /things',
      access: authenticated(),
      headers: { 'X-Tenant': 'acme', 'X-Key': env('THINGS_KEY', { secret: true }), 'X-Trace': { forward: true } },
    } as const;
    const config: GatewayConfig = { ...declaration, operations: { things: row } };
    const { operations } = resolveConfig(config, { ...required, THINGS_KEY: 'k-1' }).config;
    expect(operations['things']).toMatchObject({
      headers: { 'X-Tenant': 'acme', 'X-Key': 'k-1', 'X-Trace': { forward: true } },
    });
    expect(problemsOf(required, config)).toEqual(['THINGS_KEY: is required']);
    expect(problemsOf({ ...required, THINGS_KEY: 'ключ' }, config)).toEqual([
      'THINGS_KEY: must be visible ASCII characters, 4096 at most',
    ]);
  });

  it('reads every value, with its unit', () => {
    const { config } = resolveConfig(declaration, required);
    const { operations, roles, grants, compiledGrants, upstream, ...rest } = config;
    expect([operations, roles, grants.length, [...compiledGrants.reserved].length]).toEqual([{}, ['admin'], 1, 3]);
    expect({ ...upstream, baseUrl: upstream.baseUrl.href }).toEqual({
      baseUrl: 'http://noetl.noetl.svc.cluster.local:8082/',
      timeoutMs: 30_000,
      maxResponseBytes: 16 * 1024 * 1024,
    });
    expect(rest).toMatchObject({
      mode: 'production',
      listen: {
        bind: '0.0.0.0',
        port: 8090,
        internalPort: 8091,
        internalUrl: 'http://noetl-gateway-internal.gateway.svc.cluster.local:8091',
        trustedProxies: 0,
        corsAllowedOrigins: [],
        corsAllowCredentials: true,
        drainMs: 25_000,
      },
      auth: {
        issuers: [expect.objectContaining({ issuer: 'https://tenant.example.com/', audiences: ['app'] })],
        jwtMode: 'enforce',
        login: { kind: 'playbook' },
        validator: { kind: 'playbook' },
        access: { checker: 'local', combine: 'one', cacheTtlMs: 5_000 },
        playbooks: {
          login: 'api_integration/auth0/auth0_login',
          validateSession: 'api_integration/auth0/auth0_validate_session',
          checkAccess: 'api_integration/auth0/check_playbook_access',
          sessionDbCredential: 'pg_auth',
          timeoutMs: 12_000,
        },
        setCookie: false,
        introspection: true,
      },
      sessions: {
        store: 'memory:',
        cacheTtlMs: 5_000,
        cacheSize: 10_000,
        revalidateMs: 300_000,
        invalidTtlMs: 10_000,
        maxMs: 24 * 3_600_000,
      },
      limits: { bodyBytes: 1024 * 1024, queryDepth: 15, batching: false, unbrokenRun: 4_000, loginsPerMinute: 60 },
      observability: { logLevel: 'info', auditTo: 'stdout', auditEmails: false },
      deploy: { namespace: 'gateway', image: 'noetl-gateway', noetlNamespace: 'noetl', trustedNamespaces: [] },
      adapters: {},
      plugins: [],
    });
    expect(config.auth.issuers[0]?.algorithms).not.toContain('none');
  });

  it('says each problem in full', () => {
    const problems = problemsOf({
      ...required,
      NOETL_BASE_URL: 'http://a/?b',
      NOETL_TIMEOUT_SECS: '0',
      ROUTER_PORT: '65536',
      GATEWAY_INTERNAL_PORT: '-1',
      GATEWAY_INTERNAL_URL: 'x',
      GATEWAY_PUBLIC_URL: 'x',
      GATEWAY_TRUSTED_PROXIES: '17',
      CORS_ALLOWED_ORIGINS: '*,x',
      CORS_ALLOW_CREDENTIALS: 'maybe',
      GATEWAY_JWT_MODE: 'off',
      AUTH_PLAYBOOK_LOGIN: 'a//b',
      AUTH_PLAYBOOK_TIMEOUT_SECS: '601',
      GATEWAY_SESSION_STORE: 'x',
      LOG_LEVEL: 'loud',
    });
    expect(problems).toMatchInlineSnapshot(`
      [
        "NOETL_BASE_URL: must be an http or https URL without query or credentials",
        "NOETL_TIMEOUT_SECS: must be a whole number from 1 to 3600",
        "ROUTER_PORT: must be a whole number from 0 to 65535",
        "GATEWAY_INTERNAL_PORT: must be a whole number from 0 to 65535",
        "GATEWAY_PUBLIC_URL: must be an http or https URL without query or credentials",
        "GATEWAY_INTERNAL_URL: must be an http or https URL without query or credentials",
        "GATEWAY_TRUSTED_PROXIES: must be a whole number from 0 to 16",
        "CORS_ALLOWED_ORIGINS: x is not an origin (scheme://host[:port], nothing more)",
        "CORS_ALLOW_CREDENTIALS: must be true or false",
        "GATEWAY_JWT_MODE: must be enforce or shadow",
        "AUTH_PLAYBOOK_LOGIN: is not a catalog path",
        "AUTH_PLAYBOOK_TIMEOUT_SECS: must be a whole number from 1 to 600",
        "GATEWAY_SESSION_STORE: must be memory:, redis://…, rediss://…, nats://… or tls://…",
        "LOG_LEVEL: must be trace, debug, info, warn, error, fatal or silent",
      ]
    `);
  });

  it('lists every problem at once', () => {
    const problems = problemsOf({
      ROUTER_PORT: 'x',
      NOETL_BASE_URL: 'ftp://a',
      LOG_LEVEL: 'loud',
      CORS_ALLOWED_ORIGINS: '*',
    });
    for (const name of [
      'GATEWAY_TRUSTED_ISSUERS',
      'GATEWAY_AUDIENCES',
      'ROUTER_PORT',
      'NOETL_BASE_URL',
      'LOG_LEVEL',
      'CORS_ALLOWED_ORIGINS',
    ]) {
      expect(problems.some((line) => line.startsWith(`${name}:`))).toBe(true);
    }
  });

  it('names the variable that the config asks for, or the field that holds the value', () => {
    const config: GatewayConfig = {
      ...declaration,
      upstream: { baseUrl: env('OUR_NOETL', 'ftp://a') },
      sessions: { store: 'mongodb://a' },
      auth: { trustedIssuers: [env('OUR_ISSUER', 'http://a.example.com')], audiences: [] },
    };
    expect(problemsOf({}, config).map((line) => line.slice(0, line.indexOf(':')))).toEqual([
      'OUR_NOETL',
      'sessions.store',
      'auth.audiences',
      'OUR_ISSUER',
    ]);
  });

  it.each([
    ['tenant.example.com', ['https://tenant.example.com/']],
    ['https://a.example.com/,https://b.example.com/x', ['https://a.example.com/', 'https://b.example.com/x']],
    ['http://127.0.0.1:4000', ['http://127.0.0.1:4000']],
  ])('reads issuers %s', (given, want) => {
    expect(
      resolveConfig(declaration, { ...required, GATEWAY_TRUSTED_ISSUERS: given }).config.auth.issuers.map(
        ({ issuer }) => issuer,
      ),
    ).toEqual(want);
  });

  it.each(['http://tenant.example.com/', 'https://user:secret@a.example.com/', 'a/b', 'ftp://a'])(
    'refuses the issuer %s',
    (given) => {
      expect(problemsOf({ ...required, GATEWAY_TRUSTED_ISSUERS: given }).join()).toContain('GATEWAY_TRUSTED_ISSUERS');
    },
  );

  it('takes the domain and client id of earlier deployments as more', () => {
    const { config } = resolveConfig(declaration, {
      GATEWAY_AUTH0_DOMAIN: 'tenant.example.com',
      GATEWAY_AUTH0_CLIENT_ID: 'app',
      GATEWAY_AUTH0_AUDIENCE: 'api',
      GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
    });
    expect(config.auth.issuers.map(({ issuer }) => issuer)).toEqual(['https://tenant.example.com/']);
    expect(config.auth.issuers[0]?.audiences).toEqual(['app', 'api']);
  });

  it.each([
    [{ ROUTER_PORT: '9000', GATEWAY_PORT: '9001' }, 9000],
    [{ GATEWAY_PORT: '9001' }, 9001],
    [{ GATEWAY_PORT: 'tcp://10.0.0.1:8090' }, 8090],
  ])('finds the port in %j', (given, want) => {
    expect(resolveConfig(declaration, { ...required, ...given }).config.listen.port).toBe(want);
  });

  it('refuses to take any certificate, but in development', () => {
    const unchecked = { ...required, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    expect(problemsOf(unchecked)).toEqual([expect.stringMatching(/^NODE_TLS_REJECT_UNAUTHORIZED: /)]);
    expect(problemsOf({ ...unchecked, NODE_ENV: 'development' })).toEqual([]);
    expect(problemsOf({ ...required, NODE_TLS_REJECT_UNAUTHORIZED: '1' })).toEqual([]);
  });

  it('refuses the bypass switch, and knows it when it is off', () => {
    expect(problemsOf({ ...required, GATEWAY_AUTH_BYPASS: 'true' }).join()).toContain('GATEWAY_AUTH_BYPASS');
    expect(problemsOf({ ...required, GATEWAY_AUTH_BYPASS: 'yes' }).join()).toContain('GATEWAY_AUTH_BYPASS');
    expect(resolveConfig(declaration, { ...required, GATEWAY_AUTH_BYPASS: 'false' }).warnings).toEqual([]);
  });

  it('warns about names that do nothing, and not about what Kubernetes injects', () => {
    const { warnings } = resolveConfig(declaration, {
      ...required,
      GATEWAY_WS_ENABLED: 'true',
      GATEWAY_TYPO: '1',
      GATEWAY_SERVICE_HOST: '10.0.0.1',
      GATEWAY_SERVICE_PORT: '80',
      GATEWAY_PORT_80_TCP_ADDR: '10.0.0.1',
      NOETL_GATEWAY_PORT: 'tcp://10.0.0.1:80',
    });
    expect(warnings.map((line) => line.split(' ')[0])).toEqual(['GATEWAY_TYPO', 'GATEWAY_WS_ENABLED']);
  });

  it('warns when there is nothing to combine', () => {
    const warningsOf = (access: NonNullable<GatewayConfig['auth']>['access']) =>
      resolveConfig({ ...declaration, auth: { access: access ?? {} } }, required).warnings;
    expect(warningsOf({ combine: 'both' })).toEqual([expect.stringContaining('auth.access.combine')]);
    expect(warningsOf({ combine: 'both', checker: 'http' })).toEqual([]);
    expect(warningsOf({ checker: 'local' })).toEqual([]);
  });

  it('refuses the static validator outside development', () => {
    const config: GatewayConfig = { ...declaration, auth: { validator: { kind: 'static', users: [] } } };
    expect(problemsOf(required, config).join()).toContain('auth.validator');
    expect(problemsOf({ ...required, NODE_ENV: 'development' }, config)).toEqual([]);
  });

  it('refuses shadow mode with the login backend that decides alone', () => {
    const config: GatewayConfig = { ...declaration, auth: { login: { kind: 'local' } } };
    expect(problemsOf({ ...required, GATEWAY_JWT_MODE: 'shadow' }, config).join()).toContain('GATEWAY_JWT_MODE');
    expect(problemsOf({ ...required, GATEWAY_JWT_MODE: 'off' }).join()).toContain('GATEWAY_JWT_MODE');
  });

  it.each(['none', 'HS256', 'rs256'])('refuses the signature %s', (algorithm) => {
    const issuers = [{ issuer: 'https://one.example.com/', algorithms: ['RS256', algorithm] }];
    expect(problemsOf(required, { ...declaration, auth: { issuers } })).toEqual([
      expect.stringMatching(
        new RegExp(`^auth\\.issuers\\[0\\]\\.algorithms.*: ${algorithm} is not a signature algorithm`),
      ),
    ]);
  });

  it('refuses a wildcard origin with credentials and takes one without', () => {
    expect(problemsOf({ ...required, CORS_ALLOWED_ORIGINS: '*' }).join()).toContain('CORS_ALLOWED_ORIGINS');
    expect(problemsOf({ ...required, CORS_ALLOWED_ORIGINS: '*', CORS_ALLOW_CREDENTIALS: 'false' })).toEqual([]);
    expect(problemsOf({ ...required, CORS_ALLOWED_ORIGINS: 'https://app.example.com/' }).join()).toContain('origin');
  });

  it.each([
    ['CORS_ALLOWED_ORIGINS', 'https://*.example.com'],
    ['GATEWAY_PUBLIC_URL', 'gateway.example.com'],
    ['GATEWAY_INTERNAL_URL', 'http://{{ x }}'],
    ['GATEWAY_INTERNAL_URL', 'http://{{x}}'],
    ['GATEWAY_TRUSTED_ISSUERS', 'http://login.localhost/'],
  ])('refuses %s=%s', (name, value) => {
    expect(problemsOf({ ...required, [name]: value }).join()).toContain(name);
  });

  it('names an unknown role of a grant with its place', () => {
    const config: GatewayConfig = { ...declaration, grants: [allow('adnim', 'all', '*')] };
    expect(problemsOf(required, config).join()).toMatch(/resolve-config\.test\.ts:\d+: unknown role adnim/);
  });

  it('never echoes a value that may hold a secret', () => {
    expect(problemsOf({ ...required, GATEWAY_SESSION_STORE: 'mysql://u:hunter2@h' }).join()).not.toContain('hunter2');
  });
});
