// Generated from openapi/gateway.yaml by `noetl-gateway generate`. Do not edit.
// biome-ignore-all format: generated
// biome-ignore-all lint: generated
import type { ErrorCode } from '../../../core/errors.ts';
import type { WireUserId } from '../../../core/ports.ts';

export interface CheckAccessRequest {
  readonly session_token: string;
  /** A whole catalog path. */
  readonly playbook_path: string;
  /** `modify` is another word for `edit`. */
  readonly permission_type: 'execute' | 'view' | 'edit' | 'delete' | 'modify';
}

export interface CheckAccessResponse {
  readonly allowed: boolean;
  /** Null when the token is no session. */
  readonly user: SessionUser | null;
  /** As asked. */
  readonly playbook_path: string;
  /** As asked. */
  readonly permission_type: string;
  readonly message: string;
}

export interface ErrorBody {
  /** One sentence for people. */
  readonly error: string;
  readonly code: ErrorCode;
}

export interface LoginRequest {
  /** An ID token or access token of a trusted issuer. */
  readonly auth0_token: string;
  /** Host of the issuer; picks among the trusted ones and never adds one. */
  readonly auth0_domain?: string;
  /** How long the session may live; the gateway has a cap of its own. */
  readonly session_duration_hours?: number;
  /** Accepted for existing clients; not used. */
  readonly auth0_refresh_token?: string;
  /** Accepted for existing clients; the gateway takes the address of the peer. */
  readonly client_ip?: string;
  /** Accepted for existing clients; not used. */
  readonly client_user_agent?: string;
}

export interface LoginResponse {
  readonly status: 'authenticated';
  /** Opaque; sent with each later request. */
  readonly session_token: string;
  readonly user: SessionUser;
  /** ISO 8601 in UTC. */
  readonly expires_at: string;
  readonly message: string;
}

export interface LogoutRequest {
  /** End every session of the user. */
  readonly all?: boolean;
}

export interface LogoutResponse {
  readonly status: 'logged_out';
}

export interface SessionUser {
  readonly user_id: WireUserId;
  readonly email: string | null;
  readonly display_name: string;
  readonly roles: readonly string[];
}

export interface ValidateRequest {
  readonly session_token: string;
}

export interface ValidateResponse {
  readonly valid: boolean;
  /** Null when the token is no session. */
  readonly user: SessionUser | null;
  /** ISO 8601 in UTC. */
  readonly expires_at: string | null;
  readonly message: string;
}

/** A value, or what is wrong with what was sent: one line per problem, fit for the caller. */
export type Parsed<T> = { readonly value: T } | { readonly problems: readonly string[] };

/** One function per operation of the contract. A refusal is a thrown GatewayError. */
export interface Handlers<Context> {
  /** Exchange an identity token for a session token. */
  login(body: LoginRequest, context: Context): Promise<LoginResponse>;
  /** Tell whether a token is a session. */
  validate(body: ValidateRequest, context: Context): Promise<ValidateResponse>;
  /** Tell whether a session has a permission on a playbook. */
  checkAccess(body: CheckAccessRequest, context: Context): Promise<CheckAccessResponse>;
  /** End the session, or all sessions of its user. */
  logout(body: LogoutRequest, context: Context): Promise<LogoutResponse>;
  /** Tell that the process lives; asks nothing of NoETL. */
  health(context: Context): Promise<string>;
}

/** A row of the route table. `session`: whether a caller without a session gets 401 before the body is read. */
export interface Route {
  readonly id: keyof Handlers<unknown>;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly session: 'none' | 'required';
  readonly body: 'none' | 'optional' | 'required';
  /** 0 for a route without a body. */
  readonly maxBodyBytes: number;
  readonly answer: 'json' | 'text';
  /** Reads the body and runs the handler: its answer, or the problems of the body and no handler run. */
  handle<Context>(handlers: Handlers<Context>, body: unknown, context: Context): Promise<Parsed<unknown>>;
}

/** Reads a {@link LoginRequest}; members that the contract does not name are dropped. */
export function parseLoginRequest(body: unknown): Parsed<LoginRequest> {
  if (!isObject(body)) return { problems: ['the body must be a JSON object'] };
  const problems: string[] = [];
  const { auth0_token, auth0_domain, session_duration_hours, auth0_refresh_token, client_ip, client_user_agent } = body;
  if (auth0_token == null) problems.push('auth0_token is required');
  else if (typeof auth0_token !== 'string') problems.push('auth0_token must be text');
  else if (auth0_token === '') problems.push('auth0_token must not be empty');
  if (auth0_domain != null) {
    if (typeof auth0_domain !== 'string') problems.push('auth0_domain must be text');
    else if (auth0_domain.length > 253) problems.push('auth0_domain must be at most 253 characters long');
  }

  if (session_duration_hours != null) {
    if (typeof session_duration_hours !== 'number' || !Number.isSafeInteger(session_duration_hours)) problems.push('session_duration_hours must be a whole number');
    else if (session_duration_hours < 1) problems.push('session_duration_hours must be at least 1');
  }

  if (auth0_refresh_token != null) {
    if (typeof auth0_refresh_token !== 'string') problems.push('auth0_refresh_token must be text');
  }

  if (client_ip != null) {
    if (typeof client_ip !== 'string') problems.push('client_ip must be text');
  }

  if (client_user_agent != null) {
    if (typeof client_user_agent !== 'string') problems.push('client_user_agent must be text');
  }

  if (problems.length > 0) return { problems };
  const value: unknown = {
    auth0_token,
    ...(auth0_domain == null ? {} : { auth0_domain }),
    ...(session_duration_hours == null ? {} : { session_duration_hours }),
    ...(auth0_refresh_token == null ? {} : { auth0_refresh_token }),
    ...(client_ip == null ? {} : { client_ip }),
    ...(client_user_agent == null ? {} : { client_user_agent }),
  };
  return { value: value as LoginRequest };
}

/** Reads a {@link ValidateRequest}; members that the contract does not name are dropped. */
export function parseValidateRequest(body: unknown): Parsed<ValidateRequest> {
  if (!isObject(body)) return { problems: ['the body must be a JSON object'] };
  const problems: string[] = [];
  const { session_token } = body;
  if (session_token == null) problems.push('session_token is required');
  else if (typeof session_token !== 'string') problems.push('session_token must be text');
  if (problems.length > 0) return { problems };
  const value: unknown = {
    session_token,
  };
  return { value: value as ValidateRequest };
}

/** Reads a {@link CheckAccessRequest}; members that the contract does not name are dropped. */
export function parseCheckAccessRequest(body: unknown): Parsed<CheckAccessRequest> {
  if (!isObject(body)) return { problems: ['the body must be a JSON object'] };
  const problems: string[] = [];
  const { session_token, playbook_path, permission_type } = body;
  if (session_token == null) problems.push('session_token is required');
  else if (typeof session_token !== 'string') problems.push('session_token must be text');
  if (playbook_path == null) problems.push('playbook_path is required');
  else if (typeof playbook_path !== 'string') problems.push('playbook_path must be text');
  else if (playbook_path === '') problems.push('playbook_path must not be empty');
  if (permission_type == null) problems.push('permission_type is required');
  else if (typeof permission_type !== 'string') problems.push('permission_type must be text');
  else if (!['execute', 'view', 'edit', 'delete', 'modify'].includes(permission_type)) problems.push('permission_type must be one of execute, view, edit, delete, modify');
  if (problems.length > 0) return { problems };
  const value: unknown = {
    session_token,
    playbook_path,
    permission_type,
  };
  return { value: value as CheckAccessRequest };
}

/** Reads a {@link LogoutRequest}; members that the contract does not name are dropped. */
export function parseLogoutRequest(body: unknown): Parsed<LogoutRequest> {
  if (!isObject(body)) return { problems: ['the body must be a JSON object'] };
  const problems: string[] = [];
  const { all } = body;
  if (all != null) {
    if (typeof all !== 'boolean') problems.push('all must be true or false');
  }

  if (problems.length > 0) return { problems };
  const value: unknown = {
    ...(all == null ? {} : { all }),
  };
  return { value: value as LogoutRequest };
}

/** Every operation of openapi/gateway.yaml that is answered by a handler. */
export const routes: readonly Route[] = [
  {
    id: 'login', method: 'POST', path: '/api/auth/login',
    session: 'none', body: 'required', maxBodyBytes: 1048576,
    answer: 'json',
    handle: async (handlers, body, context) => {
      const parsed = parseLoginRequest(body);
      if ('problems' in parsed) return parsed;
      return { value: await handlers.login(parsed.value, context) };
    },
  },
  {
    id: 'validate', method: 'POST', path: '/api/auth/validate',
    session: 'none', body: 'required', maxBodyBytes: 1048576,
    answer: 'json',
    handle: async (handlers, body, context) => {
      const parsed = parseValidateRequest(body);
      if ('problems' in parsed) return parsed;
      return { value: await handlers.validate(parsed.value, context) };
    },
  },
  {
    id: 'checkAccess', method: 'POST', path: '/api/auth/check-access',
    session: 'none', body: 'required', maxBodyBytes: 1048576,
    answer: 'json',
    handle: async (handlers, body, context) => {
      const parsed = parseCheckAccessRequest(body);
      if ('problems' in parsed) return parsed;
      return { value: await handlers.checkAccess(parsed.value, context) };
    },
  },
  {
    id: 'logout', method: 'POST', path: '/api/auth/logout',
    session: 'required', body: 'optional', maxBodyBytes: 1048576,
    answer: 'json',
    handle: async (handlers, body, context) => {
      const parsed = parseLogoutRequest(body === undefined ? {} : body);
      if ('problems' in parsed) return parsed;
      return { value: await handlers.logout(parsed.value, context) };
    },
  },
  {
    id: 'health', method: 'GET', path: '/health',
    session: 'none', body: 'none', maxBodyBytes: 0,
    answer: 'text',
    handle: async (handlers, _body, context) => ({ value: await handlers.health(context) }),
  },
];

/** The route of that method and exact path; undefined when the contract has none. */
export function findRoute(method: string, path: string): Route | undefined {
  return routes.find((route) => route.path === path && route.method === method);
}

/** The methods that the contract has at a path, for `Allow`; empty for a path that it does not know. */
export function methodsAt(path: string): readonly string[] {
  return routes.filter((route) => route.path === path).map(({ method }) => method);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
