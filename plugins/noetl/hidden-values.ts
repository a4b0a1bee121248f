import { isJsonObject } from './json-object.ts';

const address = /^[a-z][a-z0-9+.-]*:\/\//i;
const webAddress = /^https?:\/\/[^/?#@]*(?:[/?#]|$)/i;
const secretName =
  /(?:password|passwd|passphrase|secret|token|credential|api_?key|access_?key|private_?key|jwt|session|cookie|dsn)/i;
/** The text in place of a hidden value. */
export const hiddenValue = '[hidden]';

/** The secret that proves that a callback comes from the playbook that was given the address: `{gateway_url}` ends in it. */
const callbackSecret = /\/cb\/[A-Za-z0-9_-]{43}/g;

/** The text without secrets of callback addresses: those who may see an execution may not answer for it. */
export const withoutCallbackSecret = (text: string): string =>
  text.includes('/cb/') ? text.replace(callbackSecret, `/cb/${hiddenValue}`) : text;

/** `postgres://user:password@host`; a password may have an `@` in it that is not encoded. */
const userPassword = /(:\/\/[^\s/?#:@]*):[^\s/?#]*@/g;
/** `password=…` of a query, of libpq's `host=… password=…` and of `Server=…;Password=…`. */
const passwordPair = /((?:^|[\s;?&])(?:password|passwd|pwd)\s*=\s*)(?:'[^']*'|"[^"]*"|[^\s;&]+)/gi;

/** The text without the passwords of connection addresses. Takes time in proportion to the text. */
export function withoutPasswords(text: string): string {
  const address = text.includes('://') && text.includes('@') ? text.replace(userPassword, `$1:${hiddenValue}@`) : text;
  return /pass|pwd/i.test(address) ? address.replace(passwordPair, `$1${hiddenValue}`) : address;
}

/**
 * A copy of a worker's description without what lets one in: addresses of brokers and databases, anything with user
 * information in it, and members named like secrets.
 */
export function withoutConnections(value: unknown): unknown {
  if (typeof value === 'string') return address.test(value) && !webAddress.test(value) ? hiddenValue : value;
  if (Array.isArray(value)) return value.map(withoutConnections);
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([name, member]) => {
    const hide = secretName.test(name) && member !== null && typeof member !== 'boolean';
    return [name, hide ? hiddenValue : withoutConnections(member)] as const;
  });
  return Object.fromEntries(members);
}

/** Credentials without their secrets: NoETL answers with them when a call asks for them. */
export function withoutSecretData(body: unknown): unknown {
  if (!isJsonObject(body)) return body;
  const { data: _, items, ...rest } = body;
  return Array.isArray(items) ? { ...rest, items: items.map(withoutSecretData) } : rest;
}
