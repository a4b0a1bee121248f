import { hiddenValue, withoutCallbackSecret, withoutPasswords } from '../../plugins/noetl/hidden-values.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';

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
