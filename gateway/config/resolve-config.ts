import { GatewayError } from '../../plugins/errors.ts';
import { compileGrants } from '../../plugins/noetl-auth/access/decision.ts';
import { declaredSections } from './defaults.ts';
import { namespaceOf, usualReplicas } from './derived-values.ts';
import { fallbackOf } from './env.ts';
import type { Environment } from './environment.ts';
import { bypassProblem, certificateProblem, unknownVariables } from './environment-names.ts';
import { withFormerNames } from './former-names.ts';
import type { GatewayConfig } from './gateway-config.ts';
import { issuerWarnings } from './issuers-of.ts';
import { presentPlugins } from './plugins.ts';
import { policyFindings } from './policy-findings.ts';
import { type ReadDeclaration, readDeclaration } from './read-declaration.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import { defaultNamespace, splitStoreUrl } from './session-trust.ts';

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
  const resolved: ResolvedConfig = {
    ...sections,
    auth: { ...sections.auth, issuers },
    sessions: trustedSessions(sections, issuers),
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
): ResolvedConfig['sessions'] {
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
