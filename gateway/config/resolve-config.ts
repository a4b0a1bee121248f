import { GatewayError } from '../../plugins/errors.ts';
import { checkGrants } from '../../plugins/noetl-auth/access/check-grants.ts';
import { compileGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { portOf } from './addresses.ts';
import { parseShadowUntil } from './combinations.ts';
import { declaredSections, derivedSettings, namespaceOf, usualReplicas } from './defaults.ts';
import { bypassProblem, certificateProblem, type Environment, fallbackOf, unknownVariables } from './environment.ts';
import { withFormerNames } from './former-names.ts';
import type { Derived, GatewayConfig, ResolvedConfig } from './gateway-config.ts';
import { issuerWarnings } from './issuers-of.ts';
import { presentPlugins } from './plugins.ts';
import { type ReadDeclaration, readDeclaration } from './read-declaration.ts';
import { defaultNamespace, keepsSessionsInMemory, splitStoreUrl } from './store-kinds.ts';

/**
 * Reads a declaration against an environment: every reference, every value, every default.
 * @returns the config and warnings (names that have no effect).
 * @throws ERR_CONFIG_INVALID with every problem, one line each.
 */
export function resolveConfig(
  config: GatewayConfig,
  environment: Environment,
): { readonly config: ResolvedConfig; readonly warnings: readonly string[] } {
  const mode = environment['NODE_ENV'] === 'development' ? 'development' : 'production';
  const unsafe = [bypassProblem(environment), mode === 'production' ? certificateProblem(environment) : undefined];
  const { sections, issuers, hasRows, problems, names } = readDeclaration(config, environment, mode);
  // The rules of rows that cannot be used have been refused already.
  const policy = hasRows ? policyFindings(config) : { problems: [], warnings: [] };
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
    operations: withFormerNames(config).operations as ResolvedConfig['operations'],
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
