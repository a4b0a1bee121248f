import { parseIssuer, parseUrl } from './addresses.ts';
import { type FromEnv, isEnvRef, type ListFromEnv } from './environment.ts';
import type { LoginOption } from './gateway-config.ts';
import {
  type ClaimValue,
  type IssuerEntry,
  type IssuerRules,
  issuerNames,
  isTemplate,
  type TokenKind,
} from './issuers.ts';
import type { ValueReader } from './read-config.ts';
import type { DeclaredSections } from './resolve-config.ts';

/** The sections of a config that decide about issuers. */
export interface IssuerSettings {
  readonly auth: Pick<DeclaredSections['auth'], 'issuers' | 'trustedIssuers' | 'audiences'>;
  readonly login: LoginOption;
  readonly roles: readonly string[];
}

/**
 * The issuers that a config trusts: those of the short form (`auth.trustedIssuers`, from the environment by default), as
 * entries without options, and then the entries of `auth.issuers`.
 */
export function issuersOf(settings: IssuerSettings, reader: ValueReader): readonly IssuerRules[] {
  const { auth, login, roles } = settings;
  const { issuers = [] } = auth;
  const short = namedOnce(reader.list('auth.trustedIssuers', auth.trustedIssuers));
  const audiences = reader.list('auth.audiences', auth.audiences);
  const place = placeOf('auth.trustedIssuers', auth.trustedIssuers);
  if (short.length === 0 && issuers.length === 0) {
    reader.problem(
      place,
      'is missing. Set it to one or more issuers, separated by commas, for example https://tenant.example.com/, or write auth.issuers in gateway.config.ts',
    );
  }
  if (audiences.length === 0 && (short.length > 0 || issuers.length === 0)) {
    reader.problem(
      placeOf('auth.audiences', auth.audiences),
      'is missing. Set it to the client id (ID tokens) or the API (access tokens) of your app; several are separated by commas',
    );
  }
  const entries = [...short.map((issuer): IssuerEntry => ({ issuer })), ...issuers];
  const given = { ...entryDefaults(login), audiences, knownRoles: roles };
  return resolveIssuers(entries, { ...given, named: short.length }, reader, place);
}

/** A deployment of the earlier gateway names the domain, and the issuer too: `tenant.example.com`, `https://tenant.example.com/`. */
function namedOnce(issuers: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const issuer of issuers) {
    const name = issuer.replace(/^https:\/\//, '').replace(/\/+$/, '');
    if (!byName.has(name)) byName.set(name, issuer);
  }
  return [...byName.values()];
}

/** The first variable that a list comes from, or its field. */
function placeOf(field: string, value: ListFromEnv): string {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return parts.find(isEnvRef)?.env ?? field;
}

/** Issuers that start, but whose users cannot log in. */
export function issuerWarnings(issuers: readonly IssuerRules[]): readonly string[] {
  return issuers
    .filter(({ email }) => email.domains?.size === 0)
    .map(
      ({ issuer }) =>
        `${issuer} may vouch for no e-mail address, so its users cannot log in: only the first of several issuers may vouch for all; make it an entry of auth.issuers with email.domains`,
    );
}

/** Whether people log in by their e-mail, as NoETL's users are found. */
export const isEmailNeeded = (login: LoginOption): boolean =>
  login.kind === 'custom' ? login.email === 'needed' : login.kind !== 'local';

/** The defaults of every issuer's entry by `auth.login`. */
function entryDefaults(login: LoginOption): Pick<IssuerDefaults, 'accept' | 'roles' | 'isEmailNeeded'> {
  const accept: readonly TokenKind[] = ['id_token', 'access_token'];
  if (login.kind !== 'local') return { accept, roles: {}, isEmailNeeded: isEmailNeeded(login) };
  const { rolesClaim, roleMap, defaultRoles, allowUserinfo } = login;
  const roles = {
    ...(rolesClaim !== undefined && { claim: rolesClaim }),
    ...(roleMap !== undefined && { map: roleMap }),
    ...(defaultRoles !== undefined && { default: defaultRoles }),
  };
  return { accept: allowUserinfo === true ? [...accept, 'opaque'] : accept, roles, isEmailNeeded: false };
}

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
  const rules = entries.map((entry, index) => resolveEntry(entry, index, defaults, reader, placeOf(index)));
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
  readonly accept: readonly TokenKind[];
  readonly roles: NonNullable<IssuerEntry['roles']>;
  readonly knownRoles: readonly string[];
  /** NoETL logs in, and finds its users by e-mail and `sub`. */
  readonly isEmailNeeded: boolean;
  /** So many entries, the first ones, are names in an environment variable. */
  readonly named: number;
}

/** Where a problem is: the entry's field, or the environment variable. */
type PlaceOf = (field: string) => string;

const usualTokenBytes = 16 * 1024;

/** Every signature with a public key. */
const usualAlgorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/**
 * Applies defaults to one entry, whose values the config's schema has checked, and checks what they mean together. Every problem is
 * noted at its place. @param index of the entry in the list
 */
function resolveEntry(
  entry: IssuerEntry,
  index: number,
  defaults: IssuerDefaults,
  reader: ValueReader,
  place: PlaceOf,
): IssuerRules {
  const given = { reader, place, defaults };
  const issuer = issuerText(entry, given);
  const browser = browserOf(entry, given);
  const { name = parseUrl(issuer)?.host ?? issuer, aliases = [], tenants = [], scopes = [], session = {} } = entry;
  const { maxTokenBytes = usualTokenBytes, replay = 'allow', subjects = index === 0 ? 'plain' : 'qualified' } = entry;
  return {
    issuer,
    name,
    aliases,
    tenants,
    audiences: audiencesOf(entry, browser, index, given),
    clientIdIsAudience: entry.audienceFallback === 'client_id',
    algorithms: algorithmsOf(entry),
    accept: acceptedKinds(entry, given),
    required: requiredOf(entry),
    scopes,
    roles: rolesOf(entry, given),
    email: emailOf(entry, given),
    userinfo: entry.userinfo === true,
    introspection: introspectionOf(entry, given),
    discoveryUrl: ownAddress(entry.discoveryUrl, 'discoveryUrl', given),
    jwksUrl: ownAddress(entry.jwksUrl, 'jwksUrl', given),
    maxTokenBytes,
    session: {
      maxMs: msOf(session.maxMinutes),
      endsWithToken: session.endsWithToken === true,
      refreshMs: msOf(session.refreshMinutes),
    },
    replay,
    machines: machinesOf(entry, given),
    browser,
    subjects,
  };
}

interface Given {
  readonly reader: ValueReader;
  readonly place: PlaceOf;
  readonly defaults: IssuerDefaults;
}

const msOf = (minutes: number | undefined): number | undefined => minutes && minutes * 60_000;

function issuerText(entry: IssuerEntry, { reader, place }: Given): string {
  const text = reader.text(place('issuer'), entry.issuer);
  if (text === '') return text;
  const issuer = isTemplate(text) ? text : parseIssuer(text);
  const reason =
    issuer === undefined
      ? `${text} must be an https URL, or http for loopback`
      : checkIssuerName(issuer, entry.tenants);
  if (reason !== undefined) reader.problem(place('issuer'), reason);
  return issuer ?? '';
}

function audiencesOf(
  { audiences }: IssuerEntry,
  browser: IssuerRules['browser'],
  index: number,
  { reader, place, defaults }: Given,
): readonly string[] {
  const listed = audiences === undefined ? defaults.audiences : reader.list(place('audiences'), audiences);
  const all = [...new Set([...listed, ...(browser === undefined ? [] : [browser.clientId])])];
  if (all.length === 0 && index >= defaults.named) {
    reader.problem(place('audiences'), 'is required: a list, or GATEWAY_AUDIENCES');
  }
  return all;
}

/** RFC 9864 gives EdDSA with Ed25519 a name of its own; both names mean the same signature. */
function algorithmsOf({ algorithms: all = usualAlgorithms }: IssuerEntry): readonly string[] {
  return all.includes('EdDSA') ? [...new Set([...all, 'Ed25519'])] : all;
}

const acceptedKinds = ({ accept, introspection }: IssuerEntry, { defaults }: Given): ReadonlySet<TokenKind> =>
  new Set(accept ?? (introspection === undefined ? defaults.accept : [...defaults.accept, 'opaque']));

function introspectionOf({ introspection }: IssuerEntry, given: Given): IssuerRules['introspection'] {
  if (introspection === undefined) return undefined;
  const { reader, place } = given;
  return {
    clientId: reader.text(place('introspection.clientId'), introspection.clientId),
    clientSecret: reader.text(place('introspection.clientSecret'), introspection.clientSecret),
    url: ownAddress(introspection.url, 'introspection.url', given),
  };
}

function requiredOf({ required = {} }: IssuerEntry): IssuerRules['required'] {
  return new Map(
    Object.entries(required).map(([name, value]) => [
      name,
      Array.isArray(value) ? (value as readonly ClaimValue[]) : [value as ClaimValue],
    ]),
  );
}

function rolesOf({ roles = {} }: IssuerEntry, given: Given): IssuerRules['roles'] {
  const { claim, map, default: defaultRoles = [] } = { ...given.defaults.roles, ...roles };
  checkRoles([...defaultRoles, ...Object.values(map ?? {}).flat()], 'roles', given);
  return { claims: textList(claim, []), map, default: defaultRoles, known: new Set(given.defaults.knownRoles) };
}

function checkRoles(roles: readonly string[], field: string, { reader, place, defaults: { knownRoles } }: Given): void {
  for (const role of new Set(roles)) {
    if (!knownRoles.includes(role))
      reader.problem(place(field), `${role} is not a role of this config; roles has: ${knownRoles.join(', ')}`);
  }
}

function emailOf({ email = {} }: IssuerEntry, { reader, place }: Given): IssuerRules['email'] {
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

function machinesOf({ machines }: IssuerEntry, given: Given): IssuerRules['machines'] {
  if (machines === undefined) return undefined;
  const { roles = {}, clients, claim } = machines;
  checkRoles(Object.values(roles).flat(), 'machines.roles', given);
  return { roles, clients: clients && new Set(clients), claim };
}

function browserOf({ browser }: IssuerEntry, { reader, place }: Given): IssuerRules['browser'] {
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
function ownAddress(value: FromEnv<string> | undefined, field: string, { reader, place }: Given): string | undefined {
  if (value === undefined) return undefined;
  const text = reader.text(place(field), value);
  const url = parseUrl(text);
  const isUsable = url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  if (!isUsable) reader.problem(place(field), 'must be an http or https URL without credentials');
  return text;
}

function textList(value: string | readonly string[] | undefined, fallback: readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : (value ?? fallback);
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Entra's own names for "any tenant" in addresses; no token has one of them in `iss`. */
const anyTenant = /^\/(?:common|organizations|consumers)(?:\/|$)/;

/**
 * Why no token can have this issuer, in a sentence with the next step; undefined when one can.
 * Tokens are compared character by character, so an issuer must be written as a provider writes it.
 */
function checkIssuerName(issuer: string, tenants: readonly string[] | undefined): string | undefined {
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
