import { parseUrl } from '../config/addresses.ts';
import { isTemplate } from './issuer-rules.ts';

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
