/**
 * What a gateway project's `gateway.config.ts` can use. Everything else of the package is internal.
 * @module
 */
export type { Plugin } from 'graphql-yoga';
/** Access rules of rows, and what a rule of your own gets. */
export {
  type AccessRequest,
  type AccessRule,
  authenticated,
  closed,
  custom,
  onExecution,
  onPlaybook,
  onSource,
  role,
} from './core/access/access-rule.ts';
export type { Decision } from './core/access/decision.ts';
/** Who may do what with which playbooks; `deny` wins (ADR 0005). */
export { allow, deny, type Grant } from './core/access/grant.ts';
export type { Permission } from './core/access/permission.ts';
/** What resolvers and plugins find on the context of an operation. */
export type { CallContext, Caller, RootDecision } from './core/call-context.ts';
export type { Clock } from './core/clock.ts';
/** The default export of `gateway.config.ts`. */
export { defineGateway } from './core/config/define-gateway.ts';
/** A row that the gateway answers itself: operators end sessions. */
export { endSessions } from './core/config/end-sessions.ts';
/** A value that the environment holds when the gateway starts, and what it is without it. */
export { type EnvRef, env } from './core/config/env.ts';
/** Subscriptions to one execution and to all that the caller may view. */
export { executionsUpdates, executionUpdates } from './core/config/execution-updates.ts';
export type { AdapterGiven, GatewayConfig, ProtocolRole } from './core/config/gateway-config.ts';
/** Descriptions of NoETL's answers, for `schema.types`. */
export { noetlTypes } from './core/config/noetl-types.ts';
export type { GatewayFieldCall, OperationShapes } from './core/config/operation-row.ts';
/** A custom plugin for `plugins`. Its hooks find a {@link CallContext} in their context. */
export type { GatewayPlugin } from './core/config/plugins.ts';
/** Rows of operations that not every release of NoETL has. */
export { whenPresent } from './core/config/when-present.ts';
/** The one error that callers see; adapters throw it with a code of the gateway. */
export { type ErrorCode, GatewayError } from './core/errors.ts';
export type { IssuerEntry } from './core/identity/issuer-entry.ts';
/** Entries of `auth.issuers` for the usual identity providers. */
export { issuer } from './core/identity/issuer-presets.ts';
/** What happens in the gateway, as adapters can report it. */
export type { GatewayEvent, Observe } from './core/observe.ts';
/** What adapters implement and get. `noetl-gateway/testing` has the contract of a session store as test cases. */
export type {
  AccessChecker,
  AccessQuestion,
  Ending,
  Identity,
  LoginBackend,
  LoginRequest,
  LoginResult,
  SessionStore,
  SessionValidator,
  StoredSession,
  Upstream,
  UpstreamCall,
  UpstreamReply,
} from './core/ports.ts';
export type { Session, User } from './core/session/session.ts';
export { parseSessionToken, type SessionKey, type SessionToken } from './core/session/session-token.ts';
