import { GatewayError } from '../../core/errors.ts';

const timeoutMs = 5_000;

/**
 * Looks an issuer up as the gateway will: its discovery document, which must name it letter by letter, then its keys.
 * @returns how many keys it publishes
 * @throws ERR_AUTH_UNAVAILABLE with a sentence that says what is wrong
 * @see OpenID Connect Discovery 1.0, §4
 */
export async function probeIssuer(issuer: string, fetch: typeof globalThis.fetch = globalThis.fetch): Promise<number> {
  const base = issuer.endsWith('/') ? issuer : `${issuer}/`;
  const discovery = await getJson(`${base}.well-known/openid-configuration`, 'its discovery document', fetch);
  if (discovery['issuer'] !== issuer) {
    throw unavailable(`its discovery document names another issuer: ${printable(discovery['issuer'])}`);
  }
  const keysUrl = discovery['jwks_uri'];
  if (typeof keysUrl !== 'string' || !URL.canParse(keysUrl))
    throw unavailable('its discovery document has no jwks_uri');
  const { keys } = await getJson(keysUrl, 'its key set', fetch);
  if (!Array.isArray(keys)) throw unavailable('its key set holds no keys');
  return keys.length;
}

async function getJson(url: string, what: string, fetch: typeof globalThis.fetch): Promise<Record<string, unknown>> {
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) }).catch((cause) => {
    throw unavailable(`${what} cannot be reached`, cause);
  });
  if (!response.ok) throw unavailable(`${what} answers ${response.status}`);
  const body: unknown = await response.json().catch((cause) => {
    throw unavailable(`${what} is not JSON`, cause);
  });
  if (typeof body !== 'object' || body === null) throw unavailable(`${what} is not an object`);
  return body as Record<string, unknown>;
}

const printable = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 200) : typeof value);

const unavailable = (message: string, cause?: unknown): GatewayError =>
  new GatewayError('ERR_AUTH_UNAVAILABLE', message, { cause });
