import { compileGrants } from '../access/decision.ts';
import { parsePlaybookPath } from '../access/playbook-path.ts';
import { GatewayError } from '../errors.ts';
import { hasTemplateMark } from '../noetl/template-mark.ts';
import { parseOrigin, parseStoreUrl, parseUpstreamUrl } from './addresses.ts';
import { defaults } from './defaults.ts';
import type { FromEnv } from './env.ts';
import { bypassProblem, unknownNames } from './environment-names.ts';
import { createEnvironmentReader, type Environment, type EnvironmentReader } from './environment-reader.ts';
import type { GatewayConfig, LoginOption, UserLimitsSection } from './gateway-config.ts';
import { issuersOf, issuerWarnings } from './issuers-of.ts';
import { policyFindings } from './policy-findings.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import { unknownConfigNames } from './unknown-config-names.ts';

const httpUrl = 'must be an http or https URL without query or credentials';
const year = 366 * 24 * 3600;
const port = { min: 0, max: 65_535 };
const count = { min: 1, max: 10_000_000 };
const millis = { min: 0, max: year * 1000 };

/**
 * Reads a declaration against an environment: every reference, every value, every default.
 * @returns the config and warnings (names that do nothing).
 * @throws ERR_CONFIG_INVALID with every problem, one line each.
 */
export function resolveConfig(
  config: GatewayConfig,
  environment: Environment,
): { readonly config: ResolvedConfig; readonly warnings: readonly string[] } {
  const reader = createEnvironmentReader(environment);
  const mode = environment['NODE_ENV'] === 'development' ? 'development' : 'production';
  const bypass = bypassProblem(environment);
  if (bypass !== undefined) reader.problems.push(bypass);

  const auth = resolveAuth(config, reader, mode);
  const resolved: ResolvedConfig = {
    mode,
    operations: config.operations as ResolvedConfig['operations'],
    roles: config.roles,
    grants: config.grants,
    compiledGrants: compileGrants(config.grants, Object.values(auth.playbooks)),
    upstream: resolveUpstream(config, reader),
    listen: resolveListen(config, reader),
    auth,
    sessions: resolveSessions(config, reader),
    limits: resolveLimits(config, reader),
    observability: resolveObservability(config, reader),
    deploy: resolveDeploy(config),
    adapters: config.adapters ?? {},
    plugins: config.plugins ?? [],
  };
  const policy = policyFindings(config);
  reader.problems.push(...policy.problems);
  if (reader.problems.length > 0) {
    throw new GatewayError('ERR_CONFIG_INVALID', 'the configuration is not usable', { problems: reader.problems });
  }
  for (const known of ['GATEWAY_AUTH_BYPASS', 'GATEWAY_PORT']) reader.names.add(known);
  const unknown = [...unknownNames(environment, reader.names), ...unknownConfigNames(config)];
  return { config: resolved, warnings: [...unknown, ...policy.warnings, ...issuerWarnings(auth.issuers)] };
}

function resolveUpstream(config: GatewayConfig, reader: EnvironmentReader): ResolvedConfig['upstream'] {
  const section = { ...defaults.upstream, ...config.upstream };
  const text = reader.text('upstream.baseUrl', section.baseUrl);
  const baseUrl = parseUpstreamUrl(text);
  if (baseUrl === undefined) reader.wrong('upstream.baseUrl', section.baseUrl, httpUrl);
  return {
    baseUrl: baseUrl ?? new URL('http://127.0.0.1/'),
    timeoutMs: reader.integer('upstream.timeoutSecs', section.timeoutSecs, { min: 1, max: 3600 }) * 1000,
    // An answer becomes a text, and a text has less than 2^29 characters.
    maxResponseBytes: reader.integer('upstream.maxResponseBytes', section.maxResponseBytes, {
      min: 1024,
      max: 2 ** 28,
    }),
  };
}

function resolveListen(config: GatewayConfig, reader: EnvironmentReader): ResolvedConfig['listen'] {
  const section = { ...defaults.listen, ...config.listen };
  const origins = reader.list('listen.corsAllowedOrigins', section.corsAllowedOrigins);
  const credentials = reader.flag('listen.corsAllowCredentials', section.corsAllowCredentials);
  const wrongOrigin = (said: string) => reader.wrong('listen.corsAllowedOrigins', section.corsAllowedOrigins, said);
  for (const origin of origins) {
    if (origin === '*' && credentials) wrongOrigin('* and credentials exclude each other');
    if (origin !== '*' && !parseOrigin(origin)) {
      wrongOrigin(`${origin} is not an origin (scheme://host[:port], nothing more)`);
    }
  }
  return {
    bind: reader.text('listen.bind', section.bind),
    port: publicPort(config, reader),
    internalPort: reader.integer('listen.internalPort', section.internalPort, port),
    publicUrl: publicUrl(reader, section.publicUrl),
    internalUrl: internalUrl(reader, section.internalUrl),
    trustedProxies: reader.integer('listen.trustedProxies', section.trustedProxies, { min: 0, max: 16 }),
    corsAllowedOrigins: origins,
    corsAllowCredentials: credentials,
    drainMs: reader.integer('listen.drainSecs', section.drainSecs, { min: 0, max: 3600 }) * 1000,
  };
}

/** `GATEWAY_PORT` counts only when `ROUTER_PORT` is absent: Kubernetes may have set it to something else. */
function publicPort(config: GatewayConfig, reader: EnvironmentReader): number {
  const ref = config.listen?.port ?? defaults.listen.port;
  if (typeof ref !== 'object') return reader.integer('listen.port', ref, port);
  const second = { env: 'GATEWAY_PORT', fallback: ref.fallback, secret: false };
  const first = reader.text('listen.port', { env: ref.env, fallback: '', secret: false });
  return reader.integer('listen.port', first === '' ? second : ref, port);
}

function publicUrl(reader: EnvironmentReader, value: FromEnv<string>): string | undefined {
  const text = reader.text('listen.publicUrl', value);
  if (text === '') return undefined;
  if (parseUpstreamUrl(text) === undefined) reader.wrong('listen.publicUrl', value, httpUrl);
  return text;
}

/** Goes into workloads, which NoETL evaluates. */
function internalUrl(reader: EnvironmentReader, value: FromEnv<string>): string {
  const text = reader.text('listen.internalUrl', value);
  if (parseUpstreamUrl(text) === undefined || hasTemplateMark(text)) reader.wrong('listen.internalUrl', value, httpUrl);
  return text.replace(/\/+$/, '');
}

function resolveAuth(
  config: GatewayConfig,
  reader: EnvironmentReader,
  mode: ResolvedConfig['mode'],
): ResolvedConfig['auth'] {
  const section = { ...defaults.auth, ...config.auth };
  const playbooks = { ...defaults.auth.playbooks, ...config.auth?.playbooks };
  const validator = config.auth?.validator ?? { kind: 'playbook' };
  const login = loginOf(config, reader);
  const jwtMode = reader.text('auth.jwtMode', section.jwtMode);
  const wrongMode = (said: string) => reader.wrong('auth.jwtMode', section.jwtMode, said);
  if (jwtMode !== 'enforce' && jwtMode !== 'shadow') wrongMode('must be enforce or shadow');
  if (jwtMode === 'shadow' && login.kind === 'local') {
    wrongMode("shadow needs a login backend that decides; auth.login is { kind: 'local' }");
  }
  const issuers = issuersOf(config, login, reader);
  if (validator.kind === 'static' && mode !== 'development') {
    reader.problem(
      'auth.validator',
      "{ kind: 'static' } is for development; set NODE_ENV=development or choose another",
    );
  }
  return {
    issuers,
    jwtMode: jwtMode === 'shadow' ? 'shadow' : 'enforce',
    login,
    validator,
    access: {
      checker: config.auth?.access?.checker ?? 'local',
      combine: config.auth?.access?.combine ?? 'one',
      cacheTtlMs: reader.integer(
        'auth.access.cacheTtlMs',
        config.auth?.access?.cacheTtlMs ?? defaults.auth.accessCacheTtlMs,
        millis,
      ),
    },
    playbooks: {
      login: playbookPath(reader, 'auth.playbooks.login', playbooks.login),
      validateSession: playbookPath(reader, 'auth.playbooks.validateSession', playbooks.validateSession),
      checkAccess: playbookPath(reader, 'auth.playbooks.checkAccess', playbooks.checkAccess),
    },
    sessionDbCredential: reader.text('auth.playbooks.sessionDbCredential', playbooks.sessionDbCredential),
    playbookTimeoutMs: reader.integer('auth.playbooks.timeoutSecs', playbooks.timeoutSecs, { min: 1, max: 600 }) * 1000,
    setCookie: reader.flag('auth.setCookie', section.setCookie),
    introspection: reader.flag('auth.introspection', section.introspection),
  };
}

/** An adapter without a word about it sees every verified identity, and its sessions are checked again. */
function loginOf(config: GatewayConfig, reader: EnvironmentReader): LoginOption {
  const hasAdapter = config.adapters?.login !== undefined;
  const login = config.auth?.login ?? { kind: hasAdapter ? 'custom' : 'playbook' };
  if (hasAdapter && login.kind !== 'custom') {
    reader.problem('auth.login', "adapters.login makes the sessions: set { kind: 'custom' }, or remove one of the two");
  }
  if (!hasAdapter && login.kind === 'custom')
    reader.problem('adapters.login', "is required by auth.login { kind: 'custom' }");
  return login;
}

function playbookPath(reader: EnvironmentReader, field: string, value: FromEnv<string>): string {
  const path = reader.text(field, value);
  if (parsePlaybookPath(path) === undefined) reader.wrong(field, value, 'is not a catalog path');
  return path;
}

function resolveSessions(config: GatewayConfig, reader: EnvironmentReader): ResolvedConfig['sessions'] {
  const section = { ...defaults.sessions, ...config.sessions };
  const store = reader.text('sessions.store', section.store);
  if (!parseStoreUrl(store)) {
    reader.wrong('sessions.store', section.store, 'must be memory:, redis://…, rediss://… or nats://…');
  }
  return {
    store,
    cacheTtlMs: reader.integer('sessions.cacheTtlMs', section.cacheTtlMs, millis),
    cacheSize: reader.integer('sessions.cacheSize', section.cacheSize, count),
    revalidateMs: reader.integer('sessions.revalidateMs', section.revalidateMs, { min: 1000, max: millis.max }),
    invalidTtlMs: reader.integer('sessions.invalidTtlMs', section.invalidTtlMs, millis),
    maxMs: reader.integer('sessions.maxHours', section.maxHours, { min: 1, max: 8784 }) * 3_600_000,
  };
}

function resolveLimits(config: GatewayConfig, reader: EnvironmentReader): ResolvedConfig['limits'] {
  const { batching, byRole, ...numbers } = { ...defaults.limits, ...config.limits };
  checkRoleLimits(config, byRole, reader);
  const resolved = Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [
      name,
      reader.integer(`limits.${name}`, value, { min: 1, max: 2 ** 31 }),
    ]),
  ) as Omit<ResolvedConfig['limits'], 'batching' | 'byRole'>;
  return { ...resolved, batching: reader.flag('limits.batching', batching), byRole };
}

const roleLimitNames = ['startsPerSecond', 'startsBurst', 'callsPerSecond', 'callsBurst'];

function checkRoleLimits(
  config: GatewayConfig,
  byRole: Readonly<Record<string, UserLimitsSection>>,
  reader: EnvironmentReader,
): void {
  for (const [role, section] of Object.entries(byRole)) {
    const place = `limits.byRole.${role}`;
    if (!config.roles.includes(role)) reader.problem(place, 'is not one of the roles');
    for (const [name, value] of Object.entries(section)) {
      if (!roleLimitNames.includes(name))
        reader.problem(`${place}.${name}`, `is unknown; known are ${roleLimitNames.join(', ')}`);
      else reader.integer(`${place}.${name}`, value, { min: 1, max: 1_000_000 });
    }
  }
}

function resolveObservability(config: GatewayConfig, reader: EnvironmentReader): ResolvedConfig['observability'] {
  const section = { ...defaults.observability, ...config.observability };
  const logLevel = reader.text('observability.logLevel', section.logLevel).toLowerCase();
  if (!['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].includes(logLevel)) {
    reader.wrong(
      'observability.logLevel',
      section.logLevel,
      'must be trace, debug, info, warn, error, fatal or silent',
    );
  }
  return {
    logLevel,
    auditTo: reader.text('observability.auditTo', section.auditTo),
    auditEmails: reader.flag('observability.auditEmails', section.auditEmails),
  };
}

/** What the manifests need; nothing of it comes from the environment. */
export function resolveDeploy(config: GatewayConfig): ResolvedConfig['deploy'] {
  const section = config.deploy ?? {};
  return {
    namespace: section.namespace ?? 'gateway',
    image: section.image ?? 'noetl-gateway',
    replicas: section.replicas ?? 2,
    noetlNamespace: section.noetlNamespace ?? 'noetl',
    trustedNamespaces: section.trustedNamespaces ?? [],
    host: section.host,
  };
}
