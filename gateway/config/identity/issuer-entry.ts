import type { FromEnv } from '../environment.ts';

/** A comma list, as environment variables hold lists, or the list itself. */
type List = FromEnv<string> | readonly FromEnv<string>[];

/** `id_token`: OpenID Connect Core. `access_token`: a JWT (RFC 9068 or older). `opaque`: any other access token. */
export type TokenKind = 'id_token' | 'access_token' | 'opaque';

/** A value that a required claim can have. */
export type ClaimValue = string | number | boolean;

/** How the roles of a user are read. Used where the gateway issues sessions; NoETL's own logins bring NoETL's roles. */
export interface RolesEntry {
  /**
   * Claims with role names, all of them read. A name is a claim's exact name, or a dotted path into nested claims; keys
   * with dots in them are found too. The value may be a text, a list, or an object whose keys are the roles.
   */
  readonly claim?: string | readonly string[];
  /** Translates the values of the claim. Without a map the values are the roles. */
  readonly map?: Readonly<Record<string, readonly string[]>>;
  /** For people who get no role otherwise. Machines never get it. */
  readonly default?: readonly string[];
}

/** Which e-mail addresses of this issuer are believed. */
export interface EmailEntry {
  /**
   * - `verified` (default): by the token, the address is verified.
   * - `domains`: the address is in one of `domains`, and by the token it is not unverified.
   * - `never`: addresses of this issuer are not used.
   */
  readonly trust?: 'verified' | 'domains' | 'never';
  /** Domains that the issuer may vouch for, for example `example.com`; `*` for every domain. Subdomains do not count. */
  readonly domains?: List;
  /** Claims with the address; the first one that is a text is used. Default: `email`. */
  readonly claim?: string | readonly string[];
  /** Claims by which it is verified: `true`, `"true"`, `1` or `"1"` in one of them. Default: `email_verified`. */
  readonly verifiedClaim?: string | readonly string[];
}

/** Token introspection (RFC 7662), with the gateway's own client. */
export interface IntrospectionEntry {
  readonly clientId: FromEnv<string>;
  readonly clientSecret: FromEnv<string>;
  /** Default: `introspection_endpoint` of the discovery document. */
  readonly url?: string;
}

/** How long a session of this issuer may live. `sessions.maxHours` always applies too. */
export interface IssuerSessionEntry {
  readonly maxMinutes?: number;
  /** The session ends with the token that it was made from. */
  readonly endsWithToken?: boolean;
  /**
   * The provider is asked again after this many minutes, by introspection where the entry has it, else by userinfo:
   * roles are read again, and a refusal ends the session. Needs an access token at login.
   */
  readonly refreshMinutes?: number;
}

/** Logins by client credentials. Their sessions are issued by the gateway under every `auth.login`. */
export interface MachinesEntry {
  /** Roles by client id. A client that is not here has the roles of its token's claim. */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /** Clients that may log in; absent: all that this issuer gives a token for this gateway's audience. */
  readonly clients?: readonly string[];
  /** A claim that only tokens of machines have, beside the marks that providers agree on. */
  readonly claim?: string;
}

/** Login in a browser through the gateway: `GET /api/auth/start?issuer=…&return=…`. */
export interface BrowserEntry {
  readonly clientId: FromEnv<string>;
  /** Absent: a public client, which PKCE alone protects. */
  readonly clientSecret?: FromEnv<string>;
  /** Default: `openid profile email`. */
  readonly scopes?: readonly string[];
  /** Addresses that a login may return to, compared character by character. */
  readonly returnTo: List;
  /** Where the provider sends the browser after a logout; must be registered there. */
  readonly afterLogout?: string;
  /** More parameters for the authorization request, for example `{ audience: 'https://api.example.com' }`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** One identity provider that is trusted, and for what. */
export interface IssuerEntry {
  /**
   * The issuer exactly as its tokens name it. With `{tenantid}` it is a template for the tenants in `tenants`.
   * `https` only; `http` for loopback.
   */
  readonly issuer: FromEnv<string>;
  /** A short name for `GET /api/auth/start?issuer=…` and for logs. Default: the host of the issuer. */
  readonly name?: string;
  /** Other texts that tokens of this issuer hold in `iss`. */
  readonly aliases?: readonly string[];
  /** Tenants that may log in, where `issuer` is a template. */
  readonly tenants?: readonly string[];
  /** Default: `auth.audiences`. */
  readonly audiences?: List;
  /** `client_id`: access tokens without `aud` are accepted when their `client_id` is one of `audiences`. */
  readonly audienceFallback?: 'client_id';
  /** Default: `auth.algorithms`. */
  readonly algorithms?: readonly string[];
  /** Default: `id_token` and `access_token`. */
  readonly accept?: readonly TokenKind[];
  /** Claims that must be present with one of these values; of a list in the token, one member must match. */
  readonly required?: Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>;
  /** Scopes that an access token must have, all of them. */
  readonly scopes?: readonly string[];
  readonly roles?: RolesEntry;
  readonly email?: EmailEntry;
  /** E-mail and name that an access token lacks are read at the issuer's userinfo endpoint. */
  readonly userinfo?: boolean;
  readonly introspection?: IntrospectionEntry;
  /** Addresses inside the cluster, where they differ from the public ones. `http` is allowed here. */
  readonly discoveryUrl?: FromEnv<string>;
  readonly jwksUrl?: FromEnv<string>;
  /** Bytes; default 16,384. */
  readonly maxTokenBytes?: number;
  readonly session?: IssuerSessionEntry;
  /**
   * `once`: a token logs in once. `nonce`: only tokens of logins that the gateway itself started.
   * Default: a token logs in until it expires.
   */
  readonly replay?: 'allow' | 'once' | 'nonce';
  readonly machines?: MachinesEntry;
  readonly browser?: BrowserEntry;
  /**
   * How NoETL knows this issuer's users, where NoETL logs in. `plain`: by the token's `sub` alone, as it did before the
   * gateway; `qualified`: by issuer and `sub`. Default: `plain` for the first entry, `qualified` for the others, so that
   * no provider can name another's users.
   */
  readonly subjects?: 'plain' | 'qualified';
}
