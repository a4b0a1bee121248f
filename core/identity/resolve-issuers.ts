import type { ValueReader } from '../config/value-reader.ts';
import type { IssuerEntry } from './issuer-entry.ts';
import { type IssuerRules, issuerNames } from './issuer-rules.ts';
import { type IssuerDefaults, type PlaceOf, resolveIssuerEntry } from './resolve-issuer-entry.ts';

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
