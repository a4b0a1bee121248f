import type { CompiledGrants } from '../../core/access/decision.ts';
import type { Clock } from '../../core/clock.ts';
import type { ResolvedConfig } from '../../core/config/resolved-config.ts';
import type { ExecutableSchema } from '../../executor/executable-schema.ts';
import { createSignIn } from '../auth/sign-in.ts';
import type { Parts } from '../compose.ts';
import type { RunKnown } from '../graphql/create-graphql.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Telemetry } from '../observability/telemetry.ts';
import type { RequireCaller } from '../routes/rest-routes.ts';
import { fieldTools } from './field-tools.ts';
import { createMcpRoute, type McpRoute } from './mcp-route.ts';
import { createPlaybookTools } from './playbook-tools.ts';
import { createToolCallers } from './provider-tokens.ts';

export interface McpGiven {
  readonly config: ResolvedConfig;
  readonly clock: Clock;
  readonly version: string;
  readonly grants: () => CompiledGrants;
  readonly executable: ExecutableSchema;
  readonly parts: Parts;
  readonly telemetry: Telemetry;
  readonly run: RunKnown;
  readonly requireCaller: RequireCaller;
  readonly checkOrigin: (exchange: Exchange) => void;
}

/** `/mcp` of a config; undefined where it is switched off. */
export function createMcp(given: McpGiven): McpRoute | undefined {
  const { config, clock, version, executable, parts, telemetry, run, requireCaller, checkOrigin } = given;
  if (!config.mcp.enabled) return undefined;
  const { verifier, login, sessions, limits } = parts;
  const { observe, onError } = telemetry;
  // Programs log in at these; the metadata names them (RFC 9728).
  const issuers = verifier.known.map(({ rules }) => rules.issuer);
  const signIn = createSignIn({
    verifier,
    backend: login,
    sessions,
    limits,
    observe,
    maxSessionMs: config.sessions.maxMs,
  });
  return createMcpRoute({
    version,
    issuers,
    publicUrl: config.listen.publicUrl,
    maxBodyBytes: config.limits.bodyBytes,
    requireCaller: createToolCallers({ requireCaller, signIn, sessions, issuers, clock }),
    checkOrigin,
    onError,
    report: (error) => telemetry.log.warn({ err: error }, 'a message of /mcp was refused'),
    run,
    checker: parts.checker,
    // Without grants that decide, a list cannot be narrowed, and a call shows.
    grants: () => (grantsDecide(config) ? given.grants() : undefined),
    fields: fieldTools(executable.rootFields, executable.schema),
    playbooks: createPlaybookTools({
      config: config.mcp,
      upstream: parts.upstream,
      clock,
      route: catalogRoute(executable),
    }),
    // Not longer than any other caller may wait.
    waitSeconds: Math.floor(Math.min(config.mcp.waitMs, config.executions.maxWaitMs) / 1_000),
  });
}

/** With `both` the grants must allow as well, so what they do not give is never allowed. */
const grantsDecide = ({ auth, adapters }: ResolvedConfig): boolean =>
  auth.access.combine === 'both' || (auth.access.checker === 'local' && adapters.accessChecker === undefined);

/** Where NoETL lists its catalog, as the table opens it; undefined where it does not. */
function catalogRoute({ rootFields }: ExecutableSchema): string | undefined {
  const lists = [...rootFields.values()].flatMap(({ plan }) => (plan?.kind === 'catalog' ? [plan] : []));
  return lists.find(({ method, route }) => method === 'POST' && !route.includes('/agents/'))?.route;
}
