import { type IssuerRules, issuerNames } from '../../core/identity/issuer-rules.ts';
import { withoutSlash } from './issuer-url.ts';

/**
 * The trusted issuers that a login's `domain` names; all of them without a domain. Never any other.
 * - a host, with or without its port, slash or `https://`: every issuer on that host;
 * - with a path: the issuers whose address begins with it, so that `sso.example.com/realms/acme` picks one realm.
 */
export function issuersNamedBy(trusted: readonly IssuerRules[], domain: string | undefined): readonly IssuerRules[] {
  if (domain === undefined || domain === '') return trusted;
  const named = placeOf(domain.includes('://') ? domain : `https://${domain}`);
  if (named === undefined) return [];
  return trusted.filter((rules) => issuerNames(rules).some((name) => isAt(placeOf(name), named)));
}

interface Place {
  readonly host: string;
  readonly path: string;
}

function placeOf(text: string): Place | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  // The default port of a scheme does not make another host, under either scheme.
  const host = /^(?:80|443)?$/.test(url.port) ? url.hostname : url.host;
  return { host: host.toLowerCase(), path: withoutSlash(url.pathname) };
}

/** Whole segments: `/realms/acme` does not name `/realms/acme-test`. */
function isAt(issuer: Place | undefined, named: Place): boolean {
  if (issuer === undefined || issuer.host !== named.host) return false;
  return named.path === '' || issuer.path === named.path || issuer.path.startsWith(`${named.path}/`);
}
