import type { Clock } from '../plugins/clock.ts';
import type { Observe } from '../plugins/observe.ts';
import type { Parts } from './compose.ts';
import type { ResolvedConfig } from './config/gateway-config.ts';
import type { CallbackRequests } from './executions/execution-commands.ts';
import { createOperatorEndings } from './identity/own-sessions.ts';
import { createExecutableSchema, type ExecutableSchema } from './operations/executable-schema.ts';

export interface ExecutableGiven {
  readonly config: ResolvedConfig;
  /** The generated schema with its call instructions. */
  readonly sdl: string;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Delivers results to clients of `/events`. Absent: no result is delivered. */
  readonly requests?: CallbackRequests;
}

/**
 * The executable schema of a resolved config.
 * @throws ERR_POLICY_INVALID when the schema does not match the config
 */
export function createExecutable(
  { config, sdl, clock, observe, requests }: ExecutableGiven,
  parts: Parts,
): ExecutableSchema {
  return createExecutableSchema({
    sdl,
    operations: config.operations,
    upstream: parts.upstream,
    endSessions: createOperatorEndings(parts.sessions, config.auth.issuers, observe),
    clock,
    observe,
    // Without events a start has no client to send its result to.
    ...(config.events.enabled && requests !== undefined ? { requests } : {}),
    reservedPaths: [...config.compiledGrants.reserved],
    ...(asksUpstream(config) ? { maxPathsPerAnswer: 50 } : {}),
    results: config.results,
    longIntegers: config.schema.longIntegers,
    secretNames: config.executions.secretNames,
    errors: config.executions.errors,
    maxResultBytes: config.upstream.maxResponseBytes,
    maxWaitSeconds: config.executions.maxWaitMs / 1_000,
    keepBytes: config.executions.keepBytes,
    staleMs: config.executions.staleMs,
    maxWatches: config.executions.maxWatches,
  });
}

/** Whether an access decision may cost a call: lists then judge a bounded number of paths. */
const asksUpstream = ({ auth, adapters }: ResolvedConfig): boolean =>
  auth.access.checker !== 'local' || adapters.accessChecker !== undefined;
