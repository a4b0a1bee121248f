/**
 * What a gateway project's `gateway.config.ts` can use. Everything else of the package is internal.
 * @module
 */
/** A custom plugin for `plugins`. Its hooks find a {@link CallContext} in their context. */
export type { Plugin } from 'graphql-yoga';
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
export { allow, deny, type Grant } from './core/access/grant.ts';
export type { Permission } from './core/access/permission.ts';
export type { CallContext, Caller, RootDecision } from './core/call-context.ts';
export type { Clock } from './core/clock.ts';
export { defineGateway } from './core/config/define-gateway.ts';
export { endSessions } from './core/config/end-sessions.ts';
export { type EnvRef, env } from './core/config/env.ts';
export { executionsUpdates, executionUpdates } from './core/config/execution-updates.ts';
export type { AdapterGiven, GatewayConfig, ProtocolRole } from './core/config/gateway-config.ts';
export { noetlTypes } from './core/config/noetl-types.ts';
export type { GatewayFieldCall, OperationShapes } from './core/config/operation-row.ts';
export { whenPresent } from './core/config/when-present.ts';
export { type ErrorCode, GatewayError } from './core/errors.ts';
export type { IssuerEntry } from './core/identity/issuer-entry.ts';
export { issuer } from './core/identity/issuer-presets.ts';
export type { GatewayEvent, Observe } from './core/observe.ts';
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
