/**
 * Plugins for graphql-yoga, and for servers that are built on it, such as Hive Gateway: sessions and access rules of NoETL, limits
 * on documents, and errors that name their code. The gateway itself uses them. Rules and grants are those of `noetl-gateway`.
 * @module
 */
/** What the plugins need of NoETL, from a `gateway.config.ts`. */
export { type ConnectNoetlOptions, connectNoetl, type NoetlConnection } from './gateway/connect-noetl.ts';
export type { CallContext, Caller, RootDecision } from './plugins/call-context.ts';
export { type ErrorRenderingOptions, useErrorRendering } from './plugins/error-rendering/use-error-rendering.ts';
export { GatewayError } from './plugins/errors.ts';
/** The checker that {@link useNoetlAuth} needs, from grants. */
export { createLocalAccessChecker } from './plugins/noetl-auth/access/access-checkers.ts';
export { compileGrants } from './plugins/noetl-auth/access/decision.ts';
export type { FieldRule } from './plugins/noetl-auth/decide-call.ts';
export type { ExecutionPath, Resolvers } from './plugins/noetl-auth/decide-field.ts';
export { type NoetlAuthOptions, type RootRules, useNoetlAuth } from './plugins/noetl-auth/use-noetl-auth.ts';
export type { GatewayEvent, Observe } from './plugins/observe.ts';
export type { AccessChecker, Sessions } from './plugins/ports.ts';
export { type QueryLimits, useQueryLimits } from './plugins/query-limits/use-query-limits.ts';
