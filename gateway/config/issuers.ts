import * as v from 'valibot';
import { type Given, list, optional, plainSection, section, text, value, wholeNumber } from './schema/fields.ts';

const signatureAlgorithms = /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/;

/**
 * Whether a name is an algorithm with a public key (RFC 7518, RFC 8037, RFC 9864). Never `none`, an unsigned token, and
 * never HMAC, where a party that can verify can also sign.
 */
export const isSignatureAlgorithm = (name: string): boolean => signatureAlgorithms.test(name);

/** The end of a sentence about a name that is not. */
const signatureAdvice =
  'is not a signature algorithm with a public key; use RS256, PS256, ES256, EdDSA or Ed25519, for example';

const name = v.pipe(v.string('must be a text'), v.nonEmpty('must not be empty'));
const names = v.pipe(v.array(name, 'must be a list of texts'), v.readonly());
const nameOrNames = v.union([name, names], 'must be a text or a list of texts');
const namesByName = v.pipe(v.record(v.string(), names, 'must be an object of lists'), v.readonly());
const texts = v.pipe(v.record(v.string(), v.string('must be a text'), 'must be an object of texts'), v.readonly());
const claim = v.union([v.string(), v.number(), v.boolean()]);
const claims = v.pipe(
  v.record(v.string(), v.union([claim, v.pipe(v.array(claim), v.readonly())], 'must be a value or a list of values')),
  v.readonly(),
);
const algorithms = v.pipe(
  v.array(
    v.pipe(
      name,
      v.check(isSignatureAlgorithm, (issue) => `${issue.input} ${signatureAdvice}`),
    ),
  ),
  v.minLength(1, 'is empty: no token could be verified'),
  v.readonly(),
);
const kinds = v.picklist(['id_token', 'access_token', 'opaque'], 'must be id_token, access_token or opaque');
const onOff = v.boolean('must be true or false');

/** Fields that define the meaning of a token are part of the config: they do not come from the environment. */
const fixed = <Type>(check: v.GenericSchema<unknown, Type>, doc: string) => value(check, { optional: true, doc });
const minutes = wholeNumber(1, 60 * 24 * 366);

/** Audiences are compared whole, so a text with a wildcard would be in no token. */
export const audience = {
  item: (name: string) => (name.includes('*') ? undefined : name),
  must: 'is not an audience: there are no wildcards; write the client id or the API of your app',
};

const roles = plainSection({
  claim: fixed(nameOrNames, 'claims with role names, all of them read: an exact name, or a dotted path'),
  map: fixed(namesByName, 'roles for each value of the claim; without it the values are the roles'),
  default: fixed(names, 'roles of a person without a role; a machine never gets them'),
});

const email = section({
  trust: fixed(
    v.picklist(['verified', 'domains', 'never'], 'must be verified, domains or never'),
    'which addresses are trusted: those that the token calls verified (default), those in `domains`, or none',
  ),
  domains: list({ optional: true, doc: 'domains that the issuer may vouch for; `*` for every domain' }),
  claim: fixed(nameOrNames, 'claims with the address; `email` by default'),
  verifiedClaim: fixed(nameOrNames, 'claims that call it verified; `email_verified` by default'),
});

const introspection = section({
  clientId: text({ doc: 'client of the gateway for token introspection (RFC 7662)' }),
  clientSecret: text({ secret: true, doc: 'its secret' }),
  url: fixed(name, 'endpoint; by default the one of the discovery document'),
});

const session = plainSection({
  maxMinutes: fixed(minutes, 'longest life of a session of this issuer; `sessions.maxHours` counts, too'),
  endsWithToken: fixed(onOff, 'the session ends with the token that it was made from'),
  refreshMinutes: fixed(minutes, 'the provider is asked again after this; a refusal ends the session'),
});

const machines = plainSection({
  roles: fixed(namesByName, 'roles by client id; others have the roles of their token'),
  clients: fixed(names, 'clients that may log in; by default all with a token for the audience'),
  claim: fixed(name, 'a claim that only tokens of machines have'),
});

const browser = section({
  clientId: text({ doc: 'client of the gateway for logins in a browser' }),
  clientSecret: text({ secret: true, optional: true, doc: 'its secret; without it the client is public, with PKCE' }),
  scopes: fixed(names, '`openid profile email` by default'),
  returnTo: list({ doc: 'addresses that a login may return to, compared character by character' }),
  afterLogout: fixed(name, 'where the provider sends the browser after a logout'),
  parameters: fixed(texts, 'more parameters of the authorization request'),
});

/** One identity provider that is trusted, and for what: an entry of `auth.issuers`. */
export const issuerEntry = section({
  issuer: text({ doc: 'the issuer as its tokens name it; `{tenantid}` is replaced by one of `tenants`' }),
  name: fixed(name, 'short name for logs and `GET /api/auth/start?issuer=…`; the host by default'),
  aliases: fixed(names, 'other texts that its tokens have in `iss`'),
  tenants: fixed(names, 'tenants that may log in'),
  audiences: list({ optional: true, doc: '`auth.audiences` by default', ...audience }),
  audienceFallback: fixed(v.literal('client_id', 'must be client_id'), 'accept tokens without `aud` by `client_id`'),
  algorithms: fixed(
    algorithms,
    'signatures of its tokens; by default every one with a public key: never `none`, never HMAC',
  ),
  accept: fixed(v.pipe(v.array(kinds), v.readonly()), 'kinds of tokens; `id_token` and `access_token` by default'),
  required: fixed(claims, 'claims that a token must have, with one of these values'),
  scopes: fixed(names, 'scopes that an access token must have, all of them'),
  roles: optional(roles),
  email: optional(email),
  userinfo: fixed(onOff, 'read e-mail and name at the userinfo endpoint where an access token lacks them'),
  introspection: optional(introspection),
  discoveryUrl: text({
    optional: true,
    doc: 'address of the discovery document, where it is another one in the cluster',
  }),
  jwksUrl: text({ optional: true, doc: 'address of the keys, where it is another one in the cluster' }),
  maxTokenBytes: fixed(wholeNumber(256, 48 * 1024), 'largest token; 16,384 by default'),
  session: optional(session),
  replay: fixed(
    v.picklist(['allow', 'once', 'nonce'], 'must be allow, once or nonce'),
    '`once`: a token logs in once; `nonce`: only tokens of logins that the gateway started',
  ),
  machines: optional(machines),
  browser: optional(browser),
  subjects: fixed(
    v.picklist(['plain', 'qualified'], 'must be plain or qualified'),
    'name of its users in NoETL: `sub` alone (the default of the first entry), or with the issuer',
  ),
});

/** An entry of `auth.issuers` as a config writes it. */
export type IssuerEntry = Given<typeof issuerEntry>;

/** `id_token`: OpenID Connect Core. `access_token`: a JWT (RFC 9068 or older). `opaque`: any other access token. */
export type TokenKind = v.InferOutput<typeof kinds>;

/** A value that a required claim can have. */
export type ClaimValue = v.InferOutput<typeof claim>;

/** An issuer's entry with every default applied and every value checked. */
export interface IssuerRules {
  /** As its tokens name it; with `{tenantid}` for several tenants. */
  readonly issuer: string;
  readonly name: string;
  readonly aliases: readonly string[];
  /** Empty unless `issuer` is a template. */
  readonly tenants: readonly string[];
  readonly audiences: readonly string[];
  readonly clientIdIsAudience: boolean;
  readonly algorithms: readonly string[];
  readonly accept: ReadonlySet<TokenKind>;
  readonly required: ReadonlyMap<string, readonly ClaimValue[]>;
  readonly scopes: readonly string[];
  readonly roles: {
    readonly claims: readonly string[];
    readonly map: Readonly<Record<string, readonly string[]>> | undefined;
    readonly default: readonly string[];
    /** Roles that the config has; others are dropped. */
    readonly known: ReadonlySet<string>;
  };
  readonly email: {
    readonly trust: 'verified' | 'domains' | 'never';
    /** Lower case; undefined: every domain. */
    readonly domains: ReadonlySet<string> | undefined;
    /** Domains that belong to other issuers, where `domains` is undefined. */
    readonly exceptDomains: ReadonlySet<string>;
    readonly claims: readonly string[];
    readonly verifiedClaims: readonly string[];
  };
  readonly userinfo: boolean;
  readonly introspection:
    | { readonly clientId: string; readonly clientSecret: string; readonly url: string | undefined }
    | undefined;
  readonly discoveryUrl: string | undefined;
  readonly jwksUrl: string | undefined;
  readonly maxTokenBytes: number;
  readonly session: {
    readonly maxMs: number | undefined;
    readonly endsWithToken: boolean;
    readonly refreshMs: number | undefined;
  };
  readonly replay: 'allow' | 'once' | 'nonce';
  readonly machines:
    | {
        readonly roles: Readonly<Record<string, readonly string[]>>;
        readonly clients: ReadonlySet<string> | undefined;
        readonly claim: string | undefined;
      }
    | undefined;
  readonly browser:
    | {
        readonly clientId: string;
        readonly clientSecret: string | undefined;
        readonly scopes: readonly string[];
        readonly returnTo: readonly string[];
        readonly afterLogout: string | undefined;
        readonly parameters: Readonly<Record<string, string>>;
      }
    | undefined;
  readonly subjects: 'plain' | 'qualified';
}

const tenantMark = '{tenantid}';

/** The issuer's names as tokens write them: one, one for each tenant, and the aliases. */
export function issuerNames({ issuer, tenants, aliases }: IssuerRules): readonly string[] {
  const own = isTemplate(issuer) ? tenants.map((tenant) => issuer.replace(tenantMark, tenant)) : [issuer];
  return [...own, ...aliases];
}

/** Whether an issuer is a template for several tenants. */
export const isTemplate = (issuer: string): boolean => issuer.includes(tenantMark);

/**
 * The issuer that a token's `iss` means, by the name that identities get: with or without the slash at its end, and by
 * the issuer's main name where the token has an alias.
 * @returns undefined: it is another issuer.
 */
export function issuerNamed(rules: IssuerRules, iss: string): string | undefined {
  const found = issuerNames(rules).find((name) => isSameIssuer(name, iss));
  return found !== undefined && rules.aliases.includes(found) && !isTemplate(rules.issuer) ? rules.issuer : found;
}

/** The same issuer, with or without the slash at its end: both are one server's word. */
export const isSameIssuer = (one: string, other: string): boolean => withoutSlash(one) === withoutSlash(other);

/** Without one slash at its end: a discovery address is made of it (OpenID Connect Discovery 1.0, section 4.1). */
export const withoutSlash = (issuer: string): string => (issuer.endsWith('/') ? issuer.slice(0, -1) : issuer);
