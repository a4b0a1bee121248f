import { exportJWK, type JWK, SignJWT } from 'jose';
import type { IssuerEntry } from '../../gateway/config/issuers.ts';
import type { IssuerDefaults } from '../../gateway/config/resolve-issuers.ts';
import { createIdentityVerifier } from '../../gateway/identity/identity-verifier.ts';
import type { Fetch } from '../../gateway/identity/issuer-documents.ts';
import { resolved } from './issuer-rules.ts';
import { keyPair } from './key-pairs.ts';
import { handClock, recorder } from './session-fakes.ts';

export interface ProviderOptions {
  readonly algorithm?: string;
  /** Members to set in the published key; `undefined` leaves one out. */
  readonly jwk?: Readonly<Record<string, unknown>>;
  /** Whole members of the key set, beside the key or instead of it. */
  readonly keySet?: (key: JWK) => unknown;
  readonly documents?: Readonly<Record<string, unknown>>;
}

/**
 * A provider of any name that answers without a network: its discovery document and key set wherever they are asked for.
 * For the shapes that real providers' documentation shows, signed with a real key.
 */
export async function createProvider(issuer: string, options: ProviderOptions = {}) {
  const { algorithm = 'RS256', jwk: change = {}, documents = {} } = options;
  const { publicKey, privateKey } = await keyPair(algorithm);
  const jwk = JSON.parse(JSON.stringify({ ...(await exportJWK(publicKey)), kid: 'one', use: 'sig', ...change })) as JWK;
  const keySet = () => options.keySet?.(jwk) ?? { keys: [jwk] };
  const userinfo: { answer?: () => Response; asked: number } = { asked: 0 };
  const introspection: { answer?: (form: URLSearchParams) => Response } = {};
  const clock = handClock(Date.UTC(2026, 10, 25));
  const host = new URL(issuer.replace('{tenantid}', 'tenant')).origin;

  const fetch: Fetch = async (url, init) => {
    const { pathname } = new URL(url);
    if (pathname.endsWith('/.well-known/openid-configuration')) {
      return Response.json({
        issuer,
        jwks_uri: `${host}/keys`,
        userinfo_endpoint: `${host}/userinfo`,
        introspection_endpoint: `${host}/introspect`,
        ...documents,
      });
    }
    if (pathname.endsWith('/keys')) return Response.json(keySet());
    if (pathname.endsWith('/introspect')) {
      return introspection.answer?.(init.body as URLSearchParams) ?? Response.json({ active: false });
    }
    if (!pathname.endsWith('/userinfo')) return new Response('', { status: 404 });
    userinfo.asked += 1;
    return userinfo.answer?.() ?? new Response('', { status: 403 });
  };
  const nowSecs = () => Math.floor(clock() / 1000);

  return {
    clock,
    userinfo,
    introspection,
    nowSecs,
    fetch,
    /** Signs claims, issued now and for an hour unless they say otherwise. */
    sign(claims: Readonly<Record<string, unknown>>, header: Readonly<Record<string, unknown>> = {}) {
      const all = { iss: issuer, iat: nowSecs(), exp: nowSecs() + 3600, ...claims };
      const head = JSON.parse(JSON.stringify({ alg: algorithm, kid: 'one', ...header }));
      return new SignJWT(JSON.parse(JSON.stringify(all))).setProtectedHeader(head).sign(privateKey);
    },
    /** @throws when the config would refuse the entry */
    verifier(
      entry: IssuerEntry,
      email: 'needed' | 'optional' = 'optional',
      defaults: Partial<IssuerDefaults> = {},
      others: readonly IssuerEntry[] = [],
    ) {
      const { rules, problems } = resolved([entry, ...others], defaults);
      if (problems.length > 0) throw new Error(problems.join('; '));
      const seen = recorder();
      const made = createIdentityVerifier({
        issuers: rules,
        mode: 'enforce',
        email,
        clock,
        observe: seen.observe,
        fetch,
      });
      return { verify: made.verify, known: made.known, events: seen.events };
    },
  };
}
