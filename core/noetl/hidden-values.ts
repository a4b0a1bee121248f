import { isJsonObject } from './json-object.ts';

const address = /^[a-z][a-z0-9+.-]*:\/\//i;
const webAddress = /^https?:\/\/[^/?#@]*(?:[/?#]|$)/i;
const secretName = /(?:password|passwd|secret|token|credential|api_?key|dsn)/i;
export const hiddenValue = '[hidden]';

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
