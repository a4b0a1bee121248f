/**
 * What a gateway project's `gateway.config.ts` can use. Everything else of the package is internal.
 * @module
 */
export type { Plugin } from 'graphql-yoga';
/** A playbook that is an operation of its own, for `actions`. */
export { type Action, type ActionOptions, action } from './gateway/config/actions.ts';
/** A value that the environment holds when the gateway starts, and what it is without it. */
export { type EnvRef, env } from './gateway/config/environment.ts';
export type {
  AdapterGiven,
  GatewayConfig,
  GatewayFieldCall,
  OperationShapes,
  ProtocolRole,
} from './gateway/config/gateway-config.ts';
/** The default export of `gateway.config.ts`. */
export { defineGateway, whenPresent } from './gateway/config/gateway-config.ts';
/** A row that the gateway answers itself: operators end sessions. */
/** Subscriptions to one execution and to all that the caller may view. */
export { endSessions, executionsUpdates, executionUpdates } from './gateway/config/gateway-rows.ts';
/** Entries of `auth.issuers` for the usual identity providers. */
export { issuer } from './gateway/config/issuer-presets.ts';
export type { IssuerEntry } from './gateway/config/issuers.ts';
/** What adapters implement and get. `noetl-gateway/testing` has the contract of a session store as test cases. */
export type { Identity, LoginBackend, LoginRequest, LoginResult } from './gateway/config/login-ports.ts';
/** Descriptions of NoETL's answers, for `schema.types`. */
export { noetlTypes } from './gateway/config/noetl-types.ts';
/** A custom plugin for `plugins`. Its hooks find a {@link CallContext} in their context. */
export type { GatewayPlugin } from './gateway/config/plugins.ts';
/** What resolvers and plugins find on the context of an operation. */
export type { CallContext, Caller, RootDecision } from './plugins/call-context.ts';
export type { Clock } from './plugins/clock.ts';
/** The one error that callers see; adapters throw it with a code of the gateway. */
export { type ErrorCode, GatewayError } from './plugins/errors.ts';
/** Access rules of rows, and what a rule of your own gets. */
export {
  type AccessRequest,
  type AccessRule,
  type AccessVerdict,
  authenticated,
  type CustomRule,
  closed,
  custom,
  onExecution,
  onPlaybook,
  onSource,
  role,
} from './plugins/noetl-auth/access/access-rule.ts';
export type { Decision } from './plugins/noetl-auth/access/decision.ts';
export type { Permission } from './plugins/noetl-auth/access/grant.ts';
/** Who may do what with which playbooks; `deny` wins (ADR 0005). */
export { allow, deny, type Grant } from './plugins/noetl-auth/access/grant.ts';
export type { Session, User } from './plugins/noetl-auth/session/session.ts';
export { parseSessionToken, type SessionKey, type SessionToken } from './plugins/noetl-auth/session/session-token.ts';
/** What happens in the gateway, as adapters can report it. */
export type { GatewayEvent, Observe } from './plugins/observe.ts';
export type {
  AccessChecker,
  AccessQuestion,
  Ending,
  SessionStore,
  SessionValidator,
  StoredSession,
  Upstream,
  UpstreamCall,
  UpstreamReply,
} from './plugins/ports.ts';
