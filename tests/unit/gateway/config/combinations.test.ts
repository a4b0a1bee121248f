import { describe, expect, it } from 'vitest';
import { env, fallbackOf } from '../../../../gateway/config/environment.ts';
import { removedFields } from '../../../../gateway/config/former-names.ts';
import type { GatewayConfig } from '../../../../gateway/config/gateway-config.ts';
import {
  checkDeclaration,
  declaredSections,
  resolveConfig,
  resolveDeploy,
  trustWarnings,
} from '../../../../gateway/config/resolve-config.ts';
import shipped from '../../../../gateway.config.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { authenticated, onExecution } from '../../../../plugins/noetl-auth/access/access-rule.ts';

const bare: GatewayConfig = { operations: {}, roles: [], grants: [] };
const required = {
  GATEWAY_TRUSTED_ISSUERS: 'tenant.example.com',
  GATEWAY_AUDIENCES: 'app',
  GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
};

/** Problems by name of the place. */
function problemsOf(work: () => unknown): string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof GatewayError) return [...error.problems];
    throw error;
  }
}
const atStart = (config: Partial<GatewayConfig>, environment: Record<string, string> = {}) =>
  problemsOf(() => resolveConfig({ ...bare, ...config }, { ...required, ...environment }));
const atGenerate = (config: Partial<GatewayConfig>) => problemsOf(() => checkDeclaration({ ...bare, ...config }));

describe('replicas and sessions in memory', () => {
  const several = { deploy: { replicas: 3 } };

  it('exclude each other', () => {
    expect(atStart(several)).toEqual([expect.stringMatching(/^deploy\.replicas: 3 replicas .*GATEWAY_SESSION_STORE/)]);
    expect(
      atStart(several, {
        GATEWAY_SESSION_STORE: 'redis://cache:6379',
        GATEWAY_SESSION_KEY: Buffer.alloc(32, 1).toString('base64'),
      }),
    ).toEqual([]);
    expect(atStart({ deploy: { replicas: 1 } })).toEqual([]);
    expect(atGenerate({ ...several, sessions: { store: 'memory:' } })).toHaveLength(1);
    expect(atGenerate(several)).toEqual([expect.stringContaining("store: env('GATEWAY_SESSION_STORE')")]);
  });

  it('are left to the start where the environment must name the store, and to people in development', () => {
    expect(atGenerate({ ...several, sessions: { store: env('GATEWAY_SESSION_STORE') } })).toEqual([]);
    expect(atStart(several, { NODE_ENV: 'development' })).toEqual([]);
  });

  it('do not when the store is an adapter', () => {
    const sessionStore = () => {
      throw new Error('not called');
    };
    expect(atStart({ ...several, adapters: { sessionStore } })).toEqual([]);
  });
});

describe('the namespace of NoETL', () => {
  const flows = 'http://noetl.flows.svc.cluster.local:8082';
  const resolved = (config: Partial<GatewayConfig>, environment: Record<string, string> = {}) =>
    resolveConfig({ ...bare, ...config }, { ...required, ...environment }).config;

  it('is the one that the address names', () => {
    expect(resolved({}).deploy.noetlNamespace).toBe('noetl');
    expect(resolved({ upstream: { baseUrl: flows } }).deploy.noetlNamespace).toBe('flows');
    expect(resolved({}, { NOETL_BASE_URL: flows }).deploy.noetlNamespace).toBe('flows');
    expect(resolved({ upstream: { baseUrl: 'https://noetl.example.com' } }).deploy.noetlNamespace).toBe('noetl');
    expect(resolveDeploy({ ...bare, upstream: { baseUrl: flows } }).noetlNamespace).toBe('flows');
  });

  it('makes the address when only the namespace is given', () => {
    const config = { deploy: { noetlNamespace: 'flows' } };
    expect(resolved(config).upstream.baseUrl.href).toBe(`${flows}/`);
    expect(fallbackOf(declaredSections(config).upstream.baseUrl)).toBe(flows);
  });

  it('cannot be another one than the address names', () => {
    const config = { deploy: { noetlNamespace: 'noetl' }, upstream: { baseUrl: env('NOETL_BASE_URL', flows) } };
    expect(atGenerate(config)).toEqual([expect.stringMatching(/^deploy\.noetlNamespace: is noetl, but .* flows/)]);
    expect(atStart(config)).toHaveLength(1);
    expect(atStart(config, { NOETL_BASE_URL: 'http://noetl.noetl.svc:8082' })).toEqual([]);
    expect(atStart(config, { NOETL_BASE_URL: 'https://noetl.example.com' })).toEqual([]);
  });
});

describe('a login adapter', () => {
  const login = () => {
    throw new Error('not called');
  };

  it('is the login where nothing else is', () => {
    const { config } = resolveConfig({ ...bare, adapters: { login } }, required);
    expect(config.auth.login).toEqual({ kind: 'custom' });
  });

  it('and auth.login need each other', () => {
    expect(atStart({ adapters: { login }, auth: { login: { kind: 'custom', email: 'needed' } } })).toEqual([]);
    expect(atStart({ adapters: { login }, auth: { login: { kind: 'http' } } })).toEqual([
      expect.stringMatching(/^auth\.login: adapters\.login makes the sessions/),
    ]);
    expect(atStart({ auth: { login: { kind: 'custom' } } })).toEqual([
      expect.stringMatching(/^adapters\.login: is required by/),
    ]);
  });
});

it('roles that read errors whole are roles of the config', () => {
  const full = { full: ['admin', 'auditor'] };
  expect(atStart({ roles: ['admin'], executions: { errors: full } })).toEqual([
    'executions.errors: auditor: unknown role; roles are admin',
  ]);
  expect(atStart({ roles: ['admin'], results: { 'data/*': { errors: full } } })).toEqual([
    'results: auditor: unknown role; roles are admin',
  ]);
  expect(atStart({ roles: ['admin', 'auditor'], executions: { errors: full } })).toEqual([]);
  expect(atStart({ roles: ['admin'], executions: { errors: { full: [] } } })).toEqual([
    expect.stringMatching(/^executions\.errors\.full: /),
  ]);
});

it('limits of a role are of a role that exists', () => {
  const limits = { byRole: { admin: { startsPerSecond: 50 } } };
  expect(resolveConfig({ ...bare, roles: ['admin'], limits }, required).config.limits.byRole).toEqual(limits.byRole);
  expect(atStart({ roles: ['viewer'], limits })).toEqual(['limits.byRole: admin: unknown role; roles are viewer']);
  expect(atStart({ roles: ['admin'], limits: { byRole: { admin: { callsPerSecond: 0 } } } })).toEqual([
    'limits.byRole.admin.callsPerSecond: must be a whole number from 1 to 1000000',
  ]);
});

it('values of an entry of auth.issuers are checked, before anything is served', () => {
  const entry = (more: object) =>
    ({ auth: { issuers: [{ issuer: 'https://a.example.com', ...more }] } }) as unknown as GatewayConfig;
  expect(atGenerate(entry({ session: { maxMinutes: -1 } }))).toEqual([
    'auth.issuers[0].session.maxMinutes: must be a whole number from 1 to 527040',
  ]);
  for (const name of ['none', 'HS256', 'RS265']) {
    expect(atGenerate(entry({ algorithms: ['RS256', name] })).join()).toContain(`${name} is not a signature algorithm`);
  }
  expect(atGenerate(entry({ algorithms: [] })).join()).toContain('is empty');
  expect(atGenerate(entry({ maxTokenBytes: 1_000_000 })).join()).toContain('maxTokenBytes: must be a whole number');
  expect(atGenerate(entry({ userinfo: env('X', true) })).join()).toContain(
    'auth.issuers[0].userinfo: cannot come from',
  );
  expect(atGenerate(entry({ browser: { returnTo: 'https://app.example.com/' } }))).toEqual([
    'auth.issuers[0].browser.clientId: is required',
  ]);
  expect(atStart(entry({ introspection: { clientId: 'a', clientSecret: env('NO_SECRET') } }))).toEqual([
    'NO_SECRET: is required',
  ]);
});

it('one port cannot be both', () => {
  expect(atStart({ listen: { port: 9000, internalPort: 9000 } })).toEqual([
    expect.stringContaining('must differ from listen.port'),
  ]);
  expect(atStart({ listen: { port: 0, internalPort: 0 } })).toEqual([]);
});

describe('a row', () => {
  const read = { upstream: 'GET /api/executions', access: authenticated() };
  const row = (options: object) => ({ operations: { runs: { ...read, ...options } } }) as unknown as GatewayConfig;
  const megabyte = 1024 * 1024;

  it.each<[string, object, string | undefined]>([
    ['a negative time', { timeoutMs: -1 }, 'timeoutMs: must be a whole number from 1 to 3600000'],
    ['no time', { timeoutMs: 0 }, 'timeoutMs: must be'],
    ['a negative cache time', { cacheTtlMs: -1 }, 'cacheTtlMs: must be'],
    ['an answer of nothing', { maxResponseBytes: 0 }, 'maxResponseBytes: must be'],
    ['the largest answer', { maxResponseBytes: 256 * megabyte }, undefined],
    ['an answer that no process can hold', { maxResponseBytes: 256 * megabyte + 1 }, 'maxResponseBytes: must be'],
    ['a value of the environment', { timeoutMs: env('X', 5) }, 'timeoutMs: cannot come from the environment'],
    ['a query that is cached', { cacheTtlMs: 5 }, undefined],
    ['a mutation that is cached', { type: 'mutation', cacheTtlMs: 5 }, 'cacheTtlMs: the answer of a mutation'],
    ['a POST that is cached', { upstream: 'POST /api/x', cacheTtlMs: 5 }, 'cacheTtlMs: the answer of a mutation'],
    ['a POST that is read', { upstream: 'POST /api/x', type: 'query', cacheTtlMs: 5 }, undefined],
    ['a mutation that is not cached', { type: 'mutation', cacheTtlMs: 0 }, undefined],
    ['another type', { type: 'subscription' }, 'type: must be query or mutation'],
    ['no operation', { upstream: 'executions' }, 'upstream: must be METHOD and path'],
    ['no rule', { access: undefined }, 'access: must be an access rule'],
    ['another rule', { access: { kind: 'open' } }, 'access.kind: must be an access rule'],
    [
      'a permission that does not exist',
      { access: { ...onExecution('view', 'id'), permission: 'look' } },
      'access.permission: must be execute, view, edit or delete',
    ],
    ['an argument under no name', { args: { page: '' } }, 'args.page: must be a name'],
    ['every argument', { args: 'all', fields: ['id'] }, undefined],
    ['a fixed list with other names', { fields: { '*': false, status: ['a', 'b'], x: true } }, undefined],
    ['arguments under a word', { args: 'none' }, "args: must be 'all', a list of names, or an object"],
    ['names of a field', { fields: { execution_id: ['id', 7] } }, 'fields.execution_id'],
  ])('may have %s: %#', (_name, options, problem) => {
    const want = problem === undefined ? [] : [expect.stringContaining(`operations.runs.${problem}`)];
    expect(atGenerate(row(options))).toEqual(want);
    expect(atStart(row(options))).toEqual(want);
  });

  it('that is no object is a problem', () => {
    expect(atGenerate({ operations: { runs: 7 } } as unknown as GatewayConfig)).toEqual([
      'operations.runs: must be an object',
    ]);
  });
});

describe('unknown names', () => {
  it.each<[object, string]>([
    [{ limit: {} }, 'limit: unknown name; did you mean limits?'],
    [{ limits: { bodyByte: 3 } }, 'limits.bodyByte: unknown name; did you mean bodyBytes?'],
    [{ limits: { byOperation: {} } }, 'limits.byOperation: unknown name; known names: '],
    [
      { operations: { a: { upstream: 'GET /a', access: authenticated(), timeoutMS: 5 } } },
      'operations.a.timeoutMS: unknown name; did you mean timeoutMs?',
    ],
    [
      { operations: { a: { upstream: 'GET /a', access: authenticated(), feilds: {} } } },
      'operations.a.feilds: unknown name; did you mean fields?',
    ],
    [
      { operations: { a: { upstream: 'GET /a', access: { kind: 'authenticated', row: 'executions' } } } },
      'operations.a.access.row: unknown name',
    ],
    [{ deploy: { replica: 3 } }, 'deploy.replica: '],
    [{ auth: { jwtmode: 'off' } }, 'auth.jwtmode: '],
    [{ auth: { login: { kind: 'local', rolesclaim: 'x' } } }, 'auth.login.rolesclaim: '],
    [{ auth: { access: { checkr: 'http' } } }, 'auth.access.checkr: '],
    [{ auth: { issuers: [{ issuer: 'https://a.example.com', audience: 'x' }] } }, 'auth.issuers[0].audience: '],
    [
      { auth: { issuers: [{ issuer: 'https://a.example.com', roles: { clam: 'x' } }] } },
      'auth.issuers[0].roles.clam: ',
    ],
    [{ auth: { playbooks: { logn: 'x' } } }, 'auth.playbooks.logn: '],
    [
      {
        auth: {
          validator: { kind: 'static', users: [{ token: 'a', userId: 'b', displayName: 'c', roles: [], mail: 'd' }] },
        },
      },
      'auth.validator.users[0].mail: ',
    ],
    [{ adapters: { store: () => {} } }, 'adapters.store: '],
    [{ operations: { a: { upstream: 'GET /a', access: authenticated(), timeout: 5 } } }, 'operations.a.timeout: '],
    [
      { operations: { a: { upstream: 'GET /a', access: authenticated(), args: { x: { nme: 'y' } } } } },
      'operations.a.args.x.nme: ',
    ],
    [
      {
        operations: {
          a: { gateway: 'query', sdl: 'a: Int', access: authenticated(), resolve: () => 1, cacheTtlMs: 1 },
        },
      },
      'operations.a.cacheTtlMs: ',
    ],
  ])('%j is refused, when files are generated and at the start', (config, problem) => {
    expect(atGenerate(config as GatewayConfig)).toContainEqual(expect.stringContaining(problem));
    expect(atStart(config as GatewayConfig)).toContainEqual(expect.stringContaining(problem));
  });

  it('are listed with the problems that they may have caused', () => {
    const row = { upstream: 'GET /a', acess: authenticated() };
    expect(atGenerate({ operations: { a: row } } as unknown as GatewayConfig)).toEqual([
      expect.stringContaining('operations.a.access: '),
      expect.stringContaining('operations.a.acess: unknown name; did you mean access?'),
    ]);
  });

  it('are not in the shipped config', () => {
    expect(checkDeclaration(shipped)).toEqual([]);
  });
});

describe('what a start in production refuses', () => {
  const notes = (config: object) => checkDeclaration({ ...bare, ...config } as GatewayConfig);

  it('is a note when files are generated', () => {
    const users = [{ token: 'a', userId: 'b', displayName: 'c', roles: [] }];
    expect(notes({ auth: { validator: { kind: 'static', users } } })).toEqual([
      expect.stringMatching(/^auth\.validator: in production serve stops: .* is for development/),
    ]);
    expect(notes({ sessions: { store: 'redis://cache' } })).toEqual([
      expect.stringMatching(/^GATEWAY_SESSION_KEY: in production serve stops: is required with a shared store/),
    ]);
    expect(notes({ listen: { publicUrl: 'http://gateway.example.com' } })).toEqual([
      expect.stringMatching(/^listen\.publicUrl: in production/),
    ]);
  });

  it('is no note where the environment may hold it', () => {
    expect(notes({})).toEqual([]);
    expect(notes({ sessions: { store: env('GATEWAY_SESSION_STORE') } })).toEqual([]);
  });
});

it('roles of logins are roles of the config, also when files are generated', () => {
  const auth = {
    login: { kind: 'local', roleMap: { staff: ['root'] }, defaultRoles: ['viewer'] },
    issuers: [
      { issuer: 'https://a.example.com', roles: { map: { x: ['boss'] } }, machines: { roles: { m: ['bot'] } } },
    ],
  };
  expect(atGenerate({ roles: ['viewer'], auth } as unknown as GatewayConfig)).toEqual([
    'auth.login: root: unknown role; roles are viewer',
    'auth.issuers[0].roles: boss: unknown role; roles are viewer',
    'auth.issuers[0].machines.roles: bot: unknown role; roles are viewer',
  ]);
});

describe('addresses', () => {
  it.each<[string, Record<string, string>, RegExp | undefined]>([
    [
      'a public URL in clear',
      { GATEWAY_PUBLIC_URL: 'http://gateway.example.com' },
      /^GATEWAY_PUBLIC_URL: must be https/,
    ],
    ['the same on this machine', { GATEWAY_PUBLIC_URL: 'http://localhost:8090' }, undefined],
    ['the same in development', { GATEWAY_PUBLIC_URL: 'http://gateway.test', NODE_ENV: 'development' }, undefined],
    ['NoETL at the public port', { NOETL_BASE_URL: 'http://localhost:8090' }, /^NOETL_BASE_URL: .* the gateway itself/],
    ['NoETL at the internal port', { NOETL_BASE_URL: 'http://127.0.0.1:8091' }, /^NOETL_BASE_URL: .* itself/],
    ['NoETL at another port', { NOETL_BASE_URL: 'http://127.0.0.1:8082' }, undefined],
    [
      'NoETL at the public URL',
      { NOETL_BASE_URL: 'https://g.example.com/noetl', GATEWAY_PUBLIC_URL: 'https://g.example.com' },
      /^NOETL_BASE_URL: .* itself/,
    ],
    [
      'callbacks to the public port',
      { GATEWAY_INTERNAL_URL: 'http://localhost:8090' },
      /^GATEWAY_INTERNAL_URL: is the public/,
    ],
    [
      'callbacks to the public URL',
      { GATEWAY_INTERNAL_URL: 'https://g.example.com', GATEWAY_PUBLIC_URL: 'https://g.example.com' },
      /^GATEWAY_INTERNAL_URL: is the public/,
    ],
    ['every audience', { GATEWAY_AUDIENCES: '*' }, /^GATEWAY_AUDIENCES: \* is not an audience/],
  ])('%s', (_name, environment, problem) => {
    expect(atStart({}, environment)).toEqual(problem === undefined ? [] : [expect.stringMatching(problem)]);
  });

  it('that may be right behind a proxy are named at the start', () => {
    const warningsFor = (environment: Record<string, string>) =>
      trustWarnings(resolveConfig(bare, { ...required, ...environment }).config).join();
    expect(warningsFor({ GATEWAY_PUBLIC_URL: 'https://g.example.com/gateway' })).toContain('has the path /gateway');
    expect(warningsFor({ GATEWAY_INTERNAL_URL: 'http://gateway.example.com:8090' })).toContain(
      'the port of the public',
    );
    expect(warningsFor({ GATEWAY_PUBLIC_URL: 'https://g.example.com' })).not.toMatch(/path|port/);
  });
});

describe('limits', () => {
  const limitsOf = (limits: GatewayConfig['limits']) =>
    resolveConfig({ ...bare, ...(limits && { limits }) }, required).config.limits;
  const megabyte = 1024 * 1024;

  it('have presets, which a value of the config overrides', () => {
    expect(limitsOf(undefined)).toMatchObject({
      connections: 10_000,
      bytesInFlight: 16 * megabyte,
      validationsAtOnce: 16,
    });
    expect(limitsOf({ preset: 'small' })).toMatchObject({ connections: 2_500, bytesInFlight: 4 * megabyte });
    expect(limitsOf({ preset: 'large', connections: 5 })).toMatchObject({
      connections: 5,
      bytesInFlight: 64 * megabyte,
    });
    expect(atGenerate({ limits: { preset: 'tiny' } } as unknown as GatewayConfig)).toEqual([
      'limits.preset: must be small, standard or large',
    ]);
  });

  it('follow from each other where they have no setting', () => {
    expect(
      limitsOf({ bytesInFlight: megabyte, validationsAtOnce: 2, loginsPerMinute: 3, connections: 50 }),
    ).toMatchObject({
      requestBytesInFlight: megabyte,
      upstreamBytesInFlight: 2 * megabyte,
      responseBytesInFlight: 4 * megabyte,
      validationsWaiting: 8,
      checksPerMinute: 30,
      guessesPerMinute: 3,
      guessesPerMinuteInAll: 30,
      connectionsPerAddress: 5,
    });
  });

  it.each(Object.entries(removedFields))('%s is refused, with what takes its place', (place, advice) => {
    const named = place.replace('*', 'viewer');
    const declaration = named.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), 1);
    expect(atGenerate({ roles: ['viewer'], ...(declaration as object) })).toContain(
      `${named}: is no setting any more: ${advice}`,
    );
  });
});
