import { createHash, randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
// @ts-expect-error the package has no types
import Provider from 'oidc-provider';
import { freePort } from './free-port.ts';
import { serveOnLoopback } from './loopback-server.ts';

export interface PanvaOptions {
  /** Where the gateway is, for callbacks and back-channel logout. */
  readonly gateway: string;
  readonly keys?: readonly JWK[];
  readonly port?: number;
}

export const api = 'https://api.example.com';

/** Applications that log in their users by themselves, and then send the access token. */
const apps = { plain: 'app', signed: 'app-with-signed-userinfo' } as const;
const appAddress = 'http://127.0.0.1:1/own';

/** A private signing key as the provider takes it. */
export async function signingKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
}

/** A certified OpenID provider in this process, with its own login and consent pages. */
export async function startPanvaProvider({ gateway, keys, port }: PanvaOptions) {
  const at = port ?? (await freePort());
  const issuer = `http://127.0.0.1:${at}`;
  const groups = new Map<string, readonly string[]>();
  const groupsOf = (user: string) => groups.get(user) ?? ['developer'];
  const provider = new Provider(issuer, configuration(gateway, keys ?? [await signingKey('one')], groupsOf));
  const { close } = await serveOnLoopback(provider.callback(), at);
  return {
    issuer,
    port: at,
    /** From now on the user is in these groups. */
    setGroups: (user: string, named: readonly string[]) => void groups.set(user, named),
    /** An opaque access token, of a login that an application has made by itself. */
    accessToken: (user: string, app: keyof typeof apps = 'plain') => accessTokenOf(issuer, apps[app], user),
    async revoke(token: string): Promise<void> {
      await fetch(`${issuer}/token/revocation`, {
        method: 'POST',
        body: new URLSearchParams({ token, client_id: apps.plain }),
      });
    },
    close,
    async clientCredentials(): Promise<string> {
      const answer = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('robot:robot-secret')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'noetl', resource: api }),
      });
      return ((await answer.json()) as { access_token: string }).access_token;
    },
  };
}

/** The authorization code flow with PKCE of a public client. */
async function accessTokenOf(issuer: string, client_id: string, user: string): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id,
    response_type: 'code',
    scope: 'openid email profile',
    redirect_uri: appAddress,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const end = await logInByBrowser(createBrowser(), `${issuer}/auth?${query}`, user, appAddress);
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id,
      redirect_uri: appAddress,
      code: end.searchParams.get('code') ?? '',
      code_verifier: verifier,
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

const publicClient = (client_id: string, more: Readonly<Record<string, unknown>> = {}) => ({
  client_id,
  token_endpoint_auth_method: 'none',
  redirect_uris: [appAddress],
  grant_types: ['authorization_code'],
  ...more,
});

function configuration(gateway: string, keys: readonly JWK[], groupsOf: (user: string) => readonly string[]) {
  return {
    jwks: { keys },
    cookies: { keys: ['not a secret'] },
    clients: [
      {
        client_id: 'web',
        client_secret: 'web-secret',
        redirect_uris: [`${gateway}/api/auth/callback`],
        post_logout_redirect_uris: [`${gateway}/bye`],
        backchannel_logout_uri: `${gateway}/api/auth/backchannel-logout`,
        backchannel_logout_session_required: true,
        grant_types: ['authorization_code'],
      },
      publicClient(apps.plain),
      publicClient(apps.signed, { userinfo_signed_response_alg: 'RS256' }),
      {
        client_id: 'gateway',
        client_secret: 'gateway-secret',
        redirect_uris: [],
        response_types: [],
        grant_types: [],
      },
      {
        client_id: 'robot',
        client_secret: 'robot-secret',
        redirect_uris: [],
        response_types: [],
        grant_types: ['client_credentials'],
      },
    ],
    // Its own one refuses addresses on loopback, where the gateway of a test is.
    fetch: (url: string, options: Record<string, unknown>) =>
      fetch(url, { ...options, dispatcher: undefined } as RequestInit),
    scopes: ['openid', 'email', 'profile', 'noetl'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    conformIdTokenClaims: false,
    findAccount: async (_context: unknown, id: string) => ({
      accountId: id,
      claims: async () => ({
        sub: id,
        name: `User ${id}`,
        email: `${id}@example.com`,
        email_verified: true,
        groups: groupsOf(id),
      }),
    }),
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: async () => true },
      jwtUserinfo: { enabled: true },
      revocation: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: async () => undefined,
        useGrantedResource: async () => false,
        getResourceServerInfo: async () => ({
          scope: 'noetl',
          audience: api,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
}

/** A browser: keeps cookies by host, follows redirects one by one, posts forms. */
export function createBrowser() {
  const jars = new Map<string, Map<string, string>>();

  async function send(url: URL, form?: Readonly<Record<string, string>>) {
    const jar = jars.get(url.host) ?? new Map<string, string>();
    jars.set(url.host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: { cookie },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const [name = '', ...value] = pair.split('=');
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value.join('='));
    }
    return answer;
  }

  return {
    cookies: (host: string) => jars.get(host),
    send,
    /** Follows redirects until an address that `isEnd` takes, or a page. */
    async follow(start: URL, isEnd: (url: URL) => boolean, form?: Readonly<Record<string, string>>) {
      let url = start;
      let answer = await send(url, form);
      for (let steps = 0; steps < 20 && answer.status >= 300 && answer.status < 400; steps += 1) {
        url = new URL(answer.headers.get('location') ?? '', url);
        if (isEnd(url)) return { url, page: '' };
        answer = await send(url);
      }
      return { url, page: await answer.text() };
    },
  };
}

export type Browser = ReturnType<typeof createBrowser>;

/** Logs in and consents on the provider's own pages, from `start` to the address that the login returns to. */
export async function logInByBrowser(browser: Browser, start: string, user: string, end: string): Promise<URL> {
  const isEnd = (url: URL) => url.href.startsWith(end);
  let at = await browser.follow(new URL(start), isEnd);
  for (let steps = 0; steps < 3 && !isEnd(at.url); steps += 1) {
    const prompt = /name="prompt" value="(\w+)"/.exec(at.page)?.[1];
    if (prompt === undefined) throw new Error(`no form at ${at.url.href}: ${at.page.slice(0, 500)}`);
    const action = /action="([^"]+)"/.exec(at.page)?.[1] ?? '';
    at = await browser.follow(new URL(action, at.url), isEnd, { prompt, login: user, password: 'x' });
  }
  return at.url;
}
