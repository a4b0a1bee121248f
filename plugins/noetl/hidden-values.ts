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

/**
 * Names of members whose values are secrets, in words. A name that ends in one is secret too, `db_password`, and the words may be
 * written as one, `apikey`. No `tokens`: answers of models count in `total_tokens`.
 */
export const defaultSecretNames: readonly string[] = [
  ...[
    'password',
    'passwords',
    'passwd',
    'pwd',
    'passphrase',
    'secret',
    'secrets',
    'token',
    'access_tokens',
    'jwt',
    'session',
  ],
  ...['api_key', 'api_keys', 'private_key', 'private_keys', 'secret_key', 'secret_keys', 'access_key', 'access_keys'],
  ...['authorization', 'credential', 'credentials', 'cookie', 'cookies', 'dsn', 'connection_string'],
];

/** Cursors of paged answers are called tokens and are not secret. */
const cursors = new Set(['page', 'next', 'previous', 'prev', 'continuation', 'sync', 'cursor']);

/** Whether a member's value is a secret, by the member's name. */
export type IsSecretName = (name: string) => boolean;

/** For playbooks whose members are shown under all names. */
export const noSecretNames: IsSecretName = () => false;

/** @param names in any style: `api_key`, `apiKey` and `api key` are the same */
export function secretNames(names: readonly string[] = defaultSecretNames): IsSecretName {
  const secrets = new Set(names.map((name) => wordsOf(name).join('')));
  const known = new Map<string, boolean>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const isSecret = judge(wordsOf(name), secrets);
    if (known.size < 5_000 && name.length < 100) known.set(name, isSecret);
    return isSecret;
  };
}

function judge(words: readonly string[], secrets: ReadonlySet<string>): boolean {
  if (words.at(-1) === 'token' && cursors.has(words.at(-2) ?? '')) return false;
  return words.some((_, first) => secrets.has(words.slice(first).join('')));
}

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/**
 * A copy of the value with `[hidden]` in place of secrets, at any depth; null and booleans stay. Values without secrets are shared, not copied.
 * Under any name it hides the secret in the address of a callback, since a reader that had it could answer in place of the playbook, and
 * passwords in addresses of databases and brokers, unless `isSecret` shows passwords.
 */
export function withoutSecrets(value: unknown, isSecret: IsSecretName): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => withoutSecrets(item, isSecret));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (typeof value === 'string') return withoutSecretParts(value, isSecret);
  if (!isJsonObject(value)) return value;
  let changed: Record<string, unknown> | undefined;
  for (const [name, member] of Object.entries(value)) {
    const isHidden = member !== null && typeof member !== 'boolean' && member !== '' && isSecret(name);
    const clean = isHidden ? hiddenValue : withoutSecrets(member, isSecret);
    if (clean === member) continue;
    changed ??= { ...value };
    changed[name] = clean;
  }
  return changed ?? value;
}

function withoutSecretParts(value: string, isSecret: IsSecretName): string {
  const text = withoutCallbackSecret(value);
  return isSecret('password') ? withoutPasswords(text) : text;
}

/** {@link withoutSecrets} with the names bound. */
export const createMask =
  (isSecret: IsSecretName) =>
  (value: unknown): unknown =>
    withoutSecrets(value, isSecret);
