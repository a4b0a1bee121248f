import { parseIssuer, parseUrl } from '../config/addresses.ts';
import type { FromEnv } from '../config/env.ts';
import type { ValueReader } from '../config/value-reader.ts';
import type { ClaimValue, IssuerEntry, TokenKind } from './issuer-entry.ts';
import { type IssuerRules, isSignatureAlgorithm, issuerNames, isTemplate, signatureAdvice } from './issuer-rules.ts';

/**
 * Applies defaults to the entries of `auth.issuers` and checks them. Every problem is noted under `auth.issuers[n]`.
 * An entry that no token can ever match is a problem.
 */
export function resolveIssuers(
  entries: readonly IssuerEntry[],
  defaults: IssuerDefaults,
  reader: ValueReader,
  variable = 'GATEWAY_TRUSTED_ISSUERS',
): readonly IssuerRules[] {
  const { named } = defaults;
  const placeOf =
    (index: number): PlaceOf =>
    (field) => {
      if (index < named) return variable;
      return `auth.issuers[${index - named}]${field === '' ? '' : `.${field}`}`;
    };
  const rules = entries.map((entry, index) => resolveIssuerEntry(entry, index, defaults, reader, placeOf(index)));
  const wrong = (index: number, message: string) => reader.problem(placeOf(index)(''), message);
  const owners = new Map<string, number>();
  const names = new Set<string>();
  rules.forEach((one, index) => {
    for (const name of issuerNames(one).map((text) => text.replace(/\/$/, ''))) {
      if (owners.has(name)) wrong(index, `${name} is an issuer of ${placeOf(owners.get(name) ?? 0)('')} already`);
      owners.set(name, index);
    }
    if (names.has(one.name)) wrong(index, `the name ${one.name} is taken: give the entry another name`);
    names.add(one.name);
  });
  if (!defaults.isEmailNeeded || rules.length < 2) return rules;
  checkSubjects(rules, wrong);
  return shareDomains(entries, rules, (index) => {
    if (index >= named)
      wrong(
        index,
        'may vouch for no e-mail address, and NoETL finds users by it: set email.domains, for example ["example.com"]',
      );
  });
}

/**
 * Where NoETL finds users by e-mail, no issuer may name another's users. A domain belongs to the entries that list it;
 * all others to the entries with `*`, or to the first entry if no entry has it.
 */
function shareDomains(
  entries: readonly IssuerEntry[],
  rules: readonly IssuerRules[],
  withoutDomain: (index: number) => void,
): readonly IssuerRules[] {
  const listed = new Set(rules.flatMap(({ email }) => [...(email.domains ?? [])]));
  const isAny = (index: number): boolean =>
    rules[index]?.email.domains === undefined && entries[index]?.email?.domains !== undefined;
  const hasAny = rules.some((_, index) => isAny(index));
  return rules.map((one, index) => {
    if (one.email.domains !== undefined || one.email.trust === 'never') return one;
    const isShared = isAny(index) || (index === 0 && !hasAny);
    if (!isShared) withoutDomain(index);
    const email = isShared ? { ...one.email, exceptDomains: listed } : { ...one.email, domains: new Set<string>() };
    return { ...one, email };
  });
}

function checkSubjects(rules: readonly IssuerRules[], wrong: (index: number, message: string) => void): void {
  const first = rules.findIndex(({ subjects }) => subjects === 'plain');
  rules.forEach(({ subjects }, index) => {
    if (subjects === 'plain' && index !== first) {
      wrong(index, "only one issuer may have subjects: 'plain': NoETL could not keep their users apart");
    }
  });
}

/** Values for the fields that an entry does not set, and the values that it is checked against. */
export interface IssuerDefaults {
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly accept: readonly TokenKind[];
  readonly roles: NonNullable<IssuerEntry['roles']>;
  readonly knownRoles: readonly string[];
  /** NoETL logs in, and finds its users by e-mail and `sub`. */
  readonly isEmailNeeded: boolean;
  /** So many entries, the first ones, are names in an environment variable. */
  readonly named: number;
}

/** Where a problem is: the entry's field, or the environment variable. */
export type PlaceOf = (field: string) => string;

const maxTokenBytes = 16 * 1024;
/** A login's body has to hold the token. */
const maxTokenLimit = 48 * 1024;

/** Applies defaults to one entry and checks it. Every problem is noted at its place. @param index of the entry in the list */
export function resolveIssuerEntry(
  entry: IssuerEntry,
  index: number,
  defaults: IssuerDefaults,
  reader: ValueReader,
  place: PlaceOf,
): IssuerRules {
  const issuer = issuerText(entry, reader, place);
  const browser = resolveBrowser(entry, reader, place);
  const listed = entry.audiences === undefined ? defaults.audiences : reader.list(place('audiences'), entry.audiences);
  const audiences = [...new Set([...listed, ...(browser === undefined ? [] : [browser.clientId])])];
  if (audiences.length === 0 && index >= defaults.named)
    reader.problem(place('audiences'), 'is required: a list, or GATEWAY_AUDIENCES');
  const { session = {} } = entry;
  return {
    issuer,
    name: entry.name ?? hostOf(issuer),
    aliases: entry.aliases ?? [],
    tenants: entry.tenants ?? [],
    audiences,
    clientIdIsAudience: entry.audienceFallback === 'client_id',
    algorithms: algorithmsOf(entry, defaults, reader, place),
    accept: new Set(acceptedKinds(entry, defaults)),
    required: requiredOf(entry),
    scopes: entry.scopes ?? [],
    roles: rolesOf(entry, defaults, reader, place),
    email: emailOf(entry, reader, place),
    userinfo: entry.userinfo === true,
    introspection: introspectionOf(entry, reader, place),
    discoveryUrl: ownAddress(entry.discoveryUrl, reader, place('discoveryUrl')),
    jwksUrl: ownAddress(entry.jwksUrl, reader, place('jwksUrl')),
    maxTokenBytes: bounded(entry.maxTokenBytes ?? maxTokenBytes, 256, maxTokenLimit, reader, place('maxTokenBytes')),
    session: {
      maxMs: minutes(session.maxMinutes, reader, place('session.maxMinutes')),
      endsWithToken: session.endsWithToken === true,
      refreshMs: minutes(session.refreshMinutes, reader, place('session.refreshMinutes')),
    },
    replay: entry.replay ?? 'allow',
    machines: machinesOf(entry, defaults, reader, place),
    browser,
    subjects: entry.subjects ?? (index === 0 ? 'plain' : 'qualified'),
  };
}

function issuerText(entry: IssuerEntry, reader: ValueReader, place: PlaceOf): string {
  const text = reader.text(place('issuer'), entry.issuer);
  if (text === '') return text;
  const template = isTemplate(text);
  const issuer = template ? text : parseIssuer(text);
  const reason =
    issuer === undefined
      ? `${text} must be an https URL, or http for loopback`
      : checkIssuerName(issuer, entry.tenants);
  if (reason !== undefined) reader.problem(place('issuer'), reason);
  return issuer ?? '';
}

function algorithmsOf(
  entry: IssuerEntry,
  defaults: IssuerDefaults,
  reader: ValueReader,
  place: PlaceOf,
): readonly string[] {
  const algorithms = entry.algorithms ?? defaults.algorithms;
  for (const name of entry.algorithms ?? []) {
    if (!isSignatureAlgorithm(name)) reader.problem(place('algorithms'), `${name} ${signatureAdvice}`);
  }
  if (algorithms.length === 0) reader.problem(place('algorithms'), 'is empty: no token could be verified');
  // RFC 9864 gives EdDSA with Ed25519 a name of its own; both names mean the same signature.
  return algorithms.includes('EdDSA') ? [...new Set([...algorithms, 'Ed25519'])] : algorithms;
}

function acceptedKinds(entry: IssuerEntry, defaults: IssuerDefaults): readonly TokenKind[] {
  const kinds = entry.accept ?? defaults.accept;
  return entry.accept === undefined && entry.introspection !== undefined ? [...kinds, 'opaque'] : kinds;
}

function requiredOf({ required = {} }: IssuerEntry): IssuerRules['required'] {
  return new Map(
    Object.entries(required).map(([name, value]) => [
      name,
      Array.isArray(value) ? (value as readonly ClaimValue[]) : [value as ClaimValue],
    ]),
  );
}

function rolesOf(
  { roles = {} }: IssuerEntry,
  defaults: IssuerDefaults,
  reader: ValueReader,
  place: PlaceOf,
): IssuerRules['roles'] {
  const all = { ...defaults.roles, ...roles };
  const given = [...(all.default ?? []), ...Object.values(all.map ?? {}).flat()];
  checkRoles(given, defaults, reader, place('roles'));
  return {
    claims: textList(all.claim, []),
    map: all.map,
    default: all.default ?? [],
    known: new Set(defaults.knownRoles),
  };
}

function checkRoles(
  given: readonly string[],
  { knownRoles }: IssuerDefaults,
  reader: ValueReader,
  place: string,
): void {
  for (const role of new Set(given)) {
    if (!knownRoles.includes(role))
      reader.problem(place, `${role} is not a role of this config; roles has: ${knownRoles.join(', ')}`);
  }
}

function emailOf({ email = {} }: IssuerEntry, reader: ValueReader, place: PlaceOf): IssuerRules['email'] {
  const listed = email.domains === undefined ? undefined : reader.list(place('email.domains'), email.domains);
  const domains = listed?.map((domain) => domain.toLowerCase().replace(/^@/, ''));
  const isAny = domains?.includes('*') === true;
  if (email.trust === 'domains' && (isAny || domains === undefined || domains.length === 0)) {
    reader.problem(place('email.domains'), "trust: 'domains' needs the domains that are trusted, each by its name");
  }
  return {
    trust: email.trust ?? 'verified',
    domains: domains === undefined || isAny ? undefined : new Set(domains),
    exceptDomains: new Set(),
    claims: textList(email.claim, ['email']),
    verifiedClaims: textList(email.verifiedClaim, ['email_verified']),
  };
}

function introspectionOf(
  { introspection }: IssuerEntry,
  reader: ValueReader,
  place: PlaceOf,
): IssuerRules['introspection'] {
  if (introspection === undefined) return undefined;
  return {
    clientId: reader.text(place('introspection.clientId'), introspection.clientId),
    clientSecret: reader.text(place('introspection.clientSecret'), introspection.clientSecret),
    url: ownAddress(introspection.url, reader, place('introspection.url')),
  };
}

function machinesOf(
  { machines }: IssuerEntry,
  defaults: IssuerDefaults,
  reader: ValueReader,
  place: PlaceOf,
): IssuerRules['machines'] {
  if (machines === undefined) return undefined;
  const { roles = {}, clients, claim } = machines;
  checkRoles(Object.values(roles).flat(), defaults, reader, place('machines.roles'));
  return { roles, clients: clients === undefined ? undefined : new Set(clients), claim };
}

function resolveBrowser({ browser }: IssuerEntry, reader: ValueReader, place: PlaceOf): IssuerRules['browser'] {
  if (browser === undefined) return undefined;
  const returnTo = reader.list(place('browser.returnTo'), browser.returnTo);
  if (returnTo.length === 0) reader.problem(place('browser.returnTo'), 'is required: a login has to return somewhere');
  for (const address of returnTo) {
    if (parseUrl(address)?.hash !== '' || !/^https?:/.test(address)) {
      reader.problem(place('browser.returnTo'), `${address} must be an http or https URL without a fragment`);
    }
  }
  const { clientSecret, afterLogout, scopes = ['openid', 'profile', 'email'], parameters = {} } = browser;
  return {
    clientId: reader.text(place('browser.clientId'), browser.clientId),
    clientSecret: clientSecret && reader.text(place('browser.clientSecret'), clientSecret),
    scopes,
    returnTo,
    afterLogout,
    parameters,
  };
}

/** An address that the operator gives is believed as it is, `http` included: it is often one inside the cluster. */
function ownAddress(value: FromEnv<string> | undefined, reader: ValueReader, place: string): string | undefined {
  if (value === undefined) return undefined;
  const text = reader.text(place, value);
  const url = parseUrl(text);
  const isUsable = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isUsable) reader.problem(place, 'must be an http or https URL without credentials');
  return text;
}

function minutes(value: number | undefined, reader: ValueReader, place: string): number | undefined {
  return value === undefined ? undefined : bounded(value, 1, 60 * 24 * 366, reader, place) * 60_000;
}

function bounded(value: number, min: number, max: number, reader: ValueReader, place: string): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  reader.problem(place, `must be a whole number from ${min} to ${max}`);
  return min;
}

function textList(value: string | readonly string[] | undefined, fallback: readonly string[]): readonly string[] {
  if (value === undefined) return fallback;
  return typeof value === 'string' ? [value] : value;
}

const hostOf = (issuer: string): string => parseUrl(issuer)?.host ?? issuer;

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Entra's own names for "any tenant" in addresses; no token has one of them in `iss`. */
const anyTenant = /^\/(?:common|organizations|consumers)(?:\/|$)/;

/**
 * Why no token can have this issuer, in a sentence with the next step; undefined when one can.
 * Tokens are compared character by character, so an issuer must be written as a provider writes it.
 */
export function checkIssuerName(issuer: string, tenants: readonly string[] | undefined): string | undefined {
  if (isTemplate(issuer)) return checkTemplate(issuer, tenants);
  if (tenants !== undefined) return `has tenants, but ${issuer} has no {tenantid} where they belong`;
  if (/[{}]/.test(issuer)) return `${issuer} has a placeholder that is not known; only {tenantid} is`;
  const url = parseUrl(issuer);
  if (url === undefined) return `${issuer} is not a URL`;
  const written = issuer.slice(0, url.origin.length);
  if (written !== url.origin && written.toLowerCase() === url.origin) {
    return `${issuer} has capitals in its scheme or host; tokens have ${url.origin}`;
  }
  if (/\/\/+$/.test(url.pathname)) return `${issuer} ends with two slashes; no token does`;
  if (url.hostname === 'login.microsoftonline.com' && anyTenant.test(url.pathname)) {
    return `no token has the issuer ${issuer}: Entra writes the tenant's id. Use issuer.entra({ tenant, client }), with a list of tenants if there are several`;
  }
  return undefined;
}

function checkTemplate(issuer: string, tenants: readonly string[] | undefined): string | undefined {
  if (tenants === undefined || tenants.length === 0) {
    return `${issuer} is a template: name the tenants that may log in, tenants: ['<directory id>']`;
  }
  const wrong = tenants.find((tenant) => !guid.test(tenant));
  if (wrong !== undefined) return `${wrong} is not a tenant's directory id, which tokens have in iss`;
  const url = parseUrl(issuer.replace('{tenantid}', 'tenant'));
  return url?.protocol === 'https:' ? undefined : `${issuer} must be an https URL`;
}
