import { GatewayError } from '../../plugins/errors.ts';
import { checkGrants } from '../../plugins/noetl-auth/access/check-grants.ts';
import { compileGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { actionProblems, withActions } from './actions.ts';
import {
  defaultNamespace,
  isMemoryStore,
  keepsSessionsInMemory,
  namespaceOf,
  portOf,
  splitStoreUrl,
} from './addresses.ts';
import { combinations, parseShadowUntil, type RuleContext, roleProblems, rowProblems } from './combinations.ts';
import {
  bypassProblem,
  certificateProblem,
  type Environment,
  env,
  fallbackOf,
  isEnvRef,
  unknownVariables,
} from './environment.ts';
import { withFormerNames } from './former-names.ts';
import type { AnyRow, AnyUpstreamRow, Derived, GatewayConfig, ResolvedConfig } from './gateway-config.ts';
import type { IssuerRules } from './issuers.ts';
import { pluginProblems, presentPlugins } from './plugins.ts';
import {
  type ConfigReader,
  createConfigReader,
  createValueReader,
  defaultOf,
  hasUnread,
  isUnread,
  noteAt,
  readNode,
  readValue,
} from './read-config.ts';
import { issuersOf, issuerWarnings } from './resolve-issuers.ts';
import { auth } from './schema/auth.ts';
import type { Declared, Leaf, Node, Resolved, Section } from './schema/fields.ts';
import { gatewayRow, isHeaderValue, upstreamRow } from './schema/rows.ts';
import { sections } from './schema/sections.ts';

/**
 * Reads a declaration against an environment: every reference, every value, every default.
 * @returns the config and warnings (names that have no effect).
 * @throws ERR_CONFIG_INVALID with every problem, one line each.
 */
export function resolveConfig(
  given: GatewayConfig,
  environment: Environment,
): { readonly config: ResolvedConfig; readonly warnings: readonly string[] } {
  const config = withActions(given);
  const mode = environment['NODE_ENV'] === 'development' ? 'development' : 'production';
  const unsafe = [bypassProblem(environment), mode === 'production' ? certificateProblem(environment) : undefined];
  const { sections, issuers, rows, problems, names } = readDeclaration(config, environment, mode);
  // The rules of rows that cannot be used have been refused already.
  const policy = rows === undefined ? { problems: [], warnings: [] } : policyFindings(config);
  refuse([...unsafe.filter((problem) => problem !== undefined), ...problems, ...policy.problems]);

  const { login, validateSession, checkAccess } = sections.auth.playbooks;
  const derived = derivedSettings(sections);
  const resolved: ResolvedConfig = {
    ...sections,
    limits: { ...sections.limits, ...derived.limits },
    events: { ...sections.events, ...derived.events },
    executions: { ...sections.executions, ...derived.executions },
    mcp: { ...sections.mcp, ...derived.mcp },
    auth: { ...sections.auth, issuers },
    sessions: { ...trustedSessions(sections, issuers), ...derived.sessions },
    mode,
    operations: withFormerNames({ ...config, operations: rows ?? {} }).operations as ResolvedConfig['operations'],
    roles: config.roles,
    grants: config.grants,
    compiledGrants: compileGrants(config.grants, [login, validateSession, checkAccess]),
    deploy: withDerivedDeploy(sections.deploy, sections.upstream.baseUrl, sections.sessions.store),
    plugins: presentPlugins(config.plugins),
  };
  const known = new Set([...names, 'GATEWAY_AUTH_BYPASS', 'GATEWAY_POLICY_FILE']);
  return {
    config: resolved,
    warnings: [...unknownVariables(environment, known), ...policy.warnings, ...issuerWarnings(issuers)],
  };
}

/**
 * Checks the values of a declaration without an environment: for commands that run without one. Grants and roles are
 * checked with the table.
 * @returns warnings: what a start in production would refuse. @throws ERR_CONFIG_INVALID with every problem, one line each.
 */
export function checkDeclaration(config: GatewayConfig): readonly string[] {
  const { problems, warnings } = readDeclaration(config, undefined, 'unknown');
  refuse(problems);
  return warnings;
}

function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new GatewayError('ERR_CONFIG_INVALID', 'the configuration is not usable', { problems });
}

/** The `deploy` section for the manifests: values that the environment may have count with their defaults. */
export function resolveDeploy(config: GatewayConfig): ResolvedConfig['deploy'] {
  const { upstream, sessions } = declaredSections(config);
  // Without the rows, which do not affect it, and of which there may be thousands.
  const { deploy } = readDeclaration({ ...config, operations: {} }, undefined, 'unknown').sections;
  const baseUrl = String(fallbackOf(upstream.baseUrl));
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  return withDerivedDeploy(deploy, url, String(fallbackOf(sessions.store) ?? 'memory:'));
}

/** The store without our own parameters, and what makes its records this deployment's own. */
function trustedSessions(
  { sessions: { key, ...sessions }, upstream }: ReadDeclaration['sections'],
  issuers: ReadDeclaration['issuers'],
): Omit<ResolvedConfig['sessions'], keyof Derived['sessions']> {
  const { url, prefix } = splitStoreUrl(sessions.store);
  const namespace = prefix ?? defaultNamespace(issuers, upstream.baseUrl);
  return { ...sessions, store: url, namespace, keys: key };
}

function withDerivedDeploy(
  deploy: ReadDeclaration['sections']['deploy'],
  baseUrl: URL | undefined,
  store: string,
): ResolvedConfig['deploy'] {
  const named = baseUrl === undefined ? undefined : namespaceOf(baseUrl);
  return {
    ...deploy,
    replicas: deploy.replicas ?? usualReplicas(store),
    noetlNamespace: deploy.noetlNamespace ?? named ?? 'noetl',
  };
}

/** One line each, with the place. A problem stops the start, a warning does not. */
export interface PolicyFindings {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Findings of a typed editor, reported at run time: unknown roles and permissions in grants and access rules, and
 * grants that cannot do what they name. One line each, with the place.
 */
export function policyFindings(config: GatewayConfig): PolicyFindings {
  const { problems, warnings } = checkGrants(config.grants, config.roles);
  const known = new Set<string>(config.roles);
  const ofRules = Object.entries(config.operations).flatMap(([field, { access }]) => {
    if (access.kind !== 'role') return [];
    const unknown = access.roles.filter((role) => !known.has(role));
    return unknown.map(
      (role) => `operations.${field}.access: there is no role ${role}; roles are ${[...known].join(', ')}`,
    );
  });
  return { problems: [...problems, ...ofRules], warnings: [...warnings, ...combineWarning(config)] };
}

/** `both` with one checker is one checker: a team that asked for two must know that there is no second. */
function combineWarning({ auth, adapters }: GatewayConfig): string[] {
  const { checker = 'local', combine } = auth?.access ?? {};
  return combine === 'both' && checker === 'local' && adapters?.accessChecker === undefined
    ? ["auth.access.combine: 'both' has nothing to combine: auth.access.checker is 'local'"]
    : [];
}

/** Settings that weaken what the gateway promises: an operator reads them at each start. */
export function trustWarnings({
  mode,
  auth,
  sessions,
  adapters,
  listen,
}: Pick<ResolvedConfig, 'mode' | 'auth' | 'sessions' | 'adapters' | 'listen'>): readonly string[] {
  const warnings = [...addressWarnings(listen)];
  if (auth.jwtMode === 'shadow') {
    const until = parseShadowUntil(auth.jwtShadowUntil);
    const end = until === undefined ? 'without an end' : `until ${new Date(until).toISOString()}`;
    warnings.push(
      `GATEWAY_JWT_MODE=shadow: identity tokens are checked and not refused, ${end}; NoETL must verify them`,
    );
  }
  // With `false` the start is refused by a combination; here it is absent or `true`.
  if (mode === 'production' && keepsSessionsInMemory({ sessions, adapters })) {
    const choice = sessions.acceptMemory === true ? 'accepted by' : 'to be accepted with';
    warnings.push(
      `GATEWAY_SESSION_STORE is memory:, ${choice} GATEWAY_SESSION_ACCEPT_MEMORY=true: after a restart, sessions that were ended work again where NoETL still knows them`,
    );
  }
  return warnings;
}

/** Addresses that may be right behind a proxy of some kind, and are wrong as a rule. */
function addressWarnings({ publicUrl, internalUrl, port, internalPort }: ResolvedConfig['listen']): readonly string[] {
  const { pathname } = new URL(publicUrl ?? 'https://gateway.example.com');
  const isPublicPort = portOf(new URL(internalUrl)) === port && port !== internalPort;
  return [
    ...(pathname === '/'
      ? []
      : [
          `GATEWAY_PUBLIC_URL has the path ${pathname}: the gateway serves at the root of its address, and its pages work only there`,
        ]),
    ...(isPublicPort
      ? [
          `GATEWAY_INTERNAL_URL has the port of the public listener, ${port}: playbooks cannot call back there; the internal listener is on ${internalPort}`,
        ]
      : []),
  ];
}

/**
 * A declaration with the defaults that other values of it decide: NoETL is in the namespace that `deploy.noetlNamespace`
 * names, and a login adapter is the login.
 */
export function withDerivedValues<C extends Partial<GatewayConfig>>(config: C): C {
  return withPreset(withBaseUrl(withLogin(config)));
}

/** What `limits.preset` sets where the config does not. */
const presets = {
  small: { connections: 2_500, bytesInFlight: 4 * 1024 ** 2, validationsAtOnce: 4 },
  large: { connections: 40_000, bytesInFlight: 64 * 1024 ** 2, validationsAtOnce: 64 },
};

function withPreset<C extends Partial<GatewayConfig>>(config: C): C {
  const { preset = 'standard' } = config.limits ?? {};
  return preset === 'small' || preset === 'large'
    ? { ...config, limits: { ...presets[preset], ...config.limits } }
    : config;
}

/** An adapter without options gets every verified identity, and its sessions are checked again. */
function withLogin<C extends Partial<GatewayConfig>>(config: C): C {
  if (config.adapters?.login === undefined || config.auth?.login !== undefined) return config;
  return { ...config, auth: { ...config.auth, login: { kind: 'custom' } } };
}

function withBaseUrl<C extends Partial<GatewayConfig>>(config: C): C {
  const namespace = config.deploy?.noetlNamespace;
  if (typeof namespace !== 'string' || config.upstream?.baseUrl !== undefined) return config;
  const baseUrl = env('NOETL_BASE_URL', `http://noetl.${namespace}.svc.cluster.local:8082`);
  return { ...config, upstream: { ...config.upstream, baseUrl } };
}

/** Values that follow from settings, or are the same everywhere: they are part of the resolved config and no settings. */
export const derivedSettings = ({
  limits,
  executions,
  events,
}: Pick<Resolved<typeof sections>, 'limits' | 'executions' | 'events'>) => ({
  limits: {
    // See `ArgumentLimits` of `plugins/noetl-auth/argument-guard.ts`.
    unbrokenRun: 4_000,
    connectionsPerAddress: Math.ceil(limits.connections / 10),
    validationsWaiting: 4 * limits.validationsAtOnce,
    userCallsAtOnce: 2 * limits.startsAtOnce,
    userCallsWaiting: 8 * limits.startsAtOnce,
    callWaitMs: 5_000,
    requestBytesInFlight: limits.bytesInFlight,
    upstreamBytesInFlight: 2 * limits.bytesInFlight,
    responseBytesInFlight: 4 * limits.bytesInFlight,
    checksPerMinute: 10 * limits.loginsPerMinute,
    guessesPerMinute: limits.loginsPerMinute,
    guessesPerMinuteInAll: 10 * limits.loginsPerMinute,
  },
  events: {
    ticketMs: 30_000,
    callbackBytes: 8 * 1024 * 1024,
    streamsPerUser: Math.ceil(events.streams / 5),
    streamsPerAddress: Math.ceil(events.streams / 5),
    pendingPerUser: Math.ceil(events.streams / 5),
  },
  executions: { maxWatches: 10_000 },
  mcp: { maxPlaybooks: 50, waitMs: executions.maxWaitMs, catalogMs: 30_000 },
  sessions: { cacheSize: 10_000, invalidTtlMs: 10_000 },
});

/** The number of pods by default. Sessions in memory are known to one process only. */
export const usualReplicas = (store: string): number => (isMemoryStore(store) ? 1 : 2);

/** A declaration's sections, complete. */
export type DeclaredSections = Declared<typeof sections>;

/** A declaration's sections with every default filled in; references to the environment are unread. */
export function declaredSections(config: Partial<GatewayConfig>): DeclaredSections {
  return fill(sections, withDerivedValues(config)) as DeclaredSections;
}

/** The settings of a config without sections: the variables of NoETL's deployments, and their defaults. */
export const defaultSections: DeclaredSections = declaredSections({});

function fill(node: Node, given: unknown): unknown {
  switch (node.node) {
    case 'leaf':
      return given === undefined ? defaultOf(node) : asSecret(node, given);
    case 'variant':
      return given ?? node.default;
    case 'many':
      return Array.isArray(given) ? given.map((item: unknown) => fill(node.each, item)) : given;
    case 'section':
      return given === undefined && node.isOptional === true ? undefined : fillSection(node, given);
    default:
      return given;
  }
}

function fillSection({ entries }: Section, given: unknown): Record<string, unknown> {
  const values = (given ?? {}) as Readonly<Record<string, unknown>>;
  const filled = Object.entries(entries).map(([name, inner]) => [name, fill(inner, values[name])]);
  return { ...values, ...Object.fromEntries(filled.filter(([, value]) => value !== undefined)) };
}

/** A field that holds a secret makes its variable one, also where `env()` does not. */
const asSecret = ({ secret }: Leaf, given: unknown): unknown =>
  secret && isEnvRef(given) ? { ...given, secret: true } : given;

/** Catalog paths of the three auth playbooks: no caller starts them through the gateway. */
export function reservedPlaybooks(config: GatewayConfig, environment: Environment): string[] {
  const { playbooks } = declaredSections(config).auth;
  const { entries } = auth.entries.playbooks;
  return (['login', 'validateSession', 'checkAccess'] as const).map((name) =>
    String(readValue(entries[name], playbooks[name], environment).raw),
  );
}

/** A declaration as it was read: what can be used of it, and everything that is wrong with it. */
export interface ReadDeclaration {
  /** Whole only when there are no problems. */
  readonly sections: Resolved<typeof sections>;
  /** Empty without an environment. */
  readonly issuers: readonly IssuerRules[];
  /** With their headers read; undefined when one cannot be used. */
  readonly rows: GatewayConfig['operations'] | undefined;
  readonly problems: readonly string[];
  /** Without an environment: what a start in production would refuse. */
  readonly warnings: readonly string[];
  /** Every variable that was asked for. */
  readonly names: ReadonlySet<string>;
}

/** Names of the top that are not sections. */
const policyNames = ['operations', 'actions', 'roles', 'grants', 'plugins'];

/**
 * Reads a declaration against the schema, an environment and the rules on combinations.
 * @param environment undefined: nothing is known of it. Values that only it has are not looked at.
 */
export function readDeclaration(
  config: GatewayConfig,
  environment: Environment | undefined,
  mode: RuleContext['mode'],
): ReadDeclaration {
  const reader = createConfigReader(environment);
  const derived: Record<string, unknown> = { ...withDerivedValues(config) };
  const declared = Object.fromEntries(Object.entries(derived).filter(([name]) => !policyNames.includes(name)));
  const read = readNode(reader, sections, declared, '') as Resolved<typeof sections>;
  const issuers = readIssuers(reader, config, read);
  // With an environment the issuers are read, and each of them checks its roles.
  const ofRoles = environment === undefined ? roleProblems(read, config.roles) : [];
  for (const [place, text] of ofRoles) noteAt(reader, place, text);
  const warnings = combine(reader, read, { mode, roles: config.roles });
  const rows = readRows(reader, config.operations);
  return {
    sections: read,
    rows,
    issuers,
    problems: [...reader.problems, ...actionProblems(config), ...pluginProblems(config.plugins)],
    warnings,
    names: reader.names,
  };
}

/** Notes values that do not go together. @returns in mode `unknown`: what stops a start in production, one line each */
function combine(reader: ConfigReader, read: Resolved<typeof sections>, context: RuleContext): readonly string[] {
  const isRead = (places: readonly string[]) => !places.some((place) => isUnread(reader, place));
  const rules = combinations.filter(({ reads, at }) =>
    isRead(reader.environment === undefined || at === undefined ? reads : [at, ...reads]),
  );
  return rules.flatMap(({ reads, at = reads[0], problem }) => {
    const text = problem(read, context);
    if (text !== undefined) noteAt(reader, at, text);
    if (text !== undefined || context.mode !== 'unknown') return [];
    const later = problem(read, { ...context, mode: 'production' });
    return later === undefined ? [] : [`${reader.variables.get(at) ?? at}: in production serve stops: ${later}`];
  });
}

/** They are checked with each other, so it takes all of them: where only the environment knows one it is left to the start. */
function readIssuers(
  reader: ConfigReader,
  config: GatewayConfig,
  { auth }: Partial<Resolved<typeof sections>>,
): readonly IssuerRules[] {
  const isUsable = !['auth.issuers', 'auth.login'].some((place) => hasUnread(reader, place));
  if (reader.environment === undefined || auth === undefined || !isUsable) return [];
  const settings = { auth: declaredSections(config).auth, login: auth.login, roles: config.roles };
  return issuersOf(settings, createValueReader(reader));
}

/** @returns the rows with their headers read; undefined when one cannot be used */
function readRows(reader: ConfigReader, operations: GatewayConfig['operations']): ReadDeclaration['rows'] {
  const before = reader.problems.length;
  const rows = Object.entries(operations).map(([field, row]) => {
    const place = `operations.${field}`;
    const schema: Section = isGatewayLike(row) ? gatewayRow : upstreamRow;
    const count = reader.problems.length;
    readNode(reader, schema, row, place);
    if (reader.problems.length > count) return [field, row] as const;
    reader.problems.push(...rowProblems(field, row as AnyRow));
    return [field, isGatewayLike(row) ? row : withHeaders(reader, row, place)] as const;
  });
  return reader.problems.length === before ? Object.fromEntries(rows) : undefined;
}

/** The row with the headers that the environment holds; without an environment they are left as they are. */
function withHeaders<R extends Pick<AnyUpstreamRow, 'headers'>>(reader: ConfigReader, row: R, place: string): R {
  if (reader.environment === undefined || !Object.values(row.headers ?? {}).some(isEnvRef)) return row;
  const { text, problem } = createValueReader(reader);
  const read = Object.entries(row.headers ?? {}).map(([name, source]) => {
    if (!isEnvRef(source)) return [name, source] as const;
    const value = text(`${place}.headers.${name}`, source);
    if (value !== '' && !isHeaderValue(value)) problem(source.env, 'must be visible ASCII characters, 4096 at most');
    return [name, value] as const;
  });
  return { ...row, headers: Object.fromEntries(read) };
}

const isGatewayLike = <R>(row: R): row is Extract<R, { gateway: unknown }> =>
  typeof row === 'object' && row !== null && 'gateway' in row;
