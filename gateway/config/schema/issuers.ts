import * as v from 'valibot';
import { isSignatureAlgorithm, signatureAdvice } from '../identity/issuer-rules.ts';
import { list, text, value, wholeNumber } from './field.ts';
import { optional, plainSection, section } from './node.ts';

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

/** One identity provider. `gateway/config/identity/issuer-entry.ts` has the same names, with types that editors explain. */
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
