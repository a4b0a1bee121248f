import { afterEach, describe, expect, test, vi } from 'vitest';
import { finishLogin, type LoginPlaces, listProviders, startLogin } from '../../../web/session/browser-login.ts';

function places(search = '', kept: Record<string, string> = {}) {
  const went: string[] = [];
  const storage = new Map(Object.entries(kept));
  const given: LoginPlaces = {
    location: { pathname: '/console', search, assign: (url) => void went.push(String(url)) },
    history: { replaceState: (_state, _title, url) => void went.push(String(url)) },
    sessionStorage: {
      getItem: (key) => storage.get(key) ?? null,
      setItem: (key, value) => void storage.set(key, value),
      removeItem: (key) => void storage.delete(key),
    },
  };
  return { given, went, storage };
}

const answering = (body: unknown, status = 200) => {
  const asked = vi.fn(async () => new Response(JSON.stringify(body), { status }));
  vi.stubGlobal('fetch', asked);
  return asked;
};

const started = { 'noetl-gateway:login-verifier': 'verifier', 'noetl-gateway:login-from': '/console/access?path=x' };

afterEach(() => vi.unstubAllGlobals());

describe('a login in the browser', () => {
  test('starts with the challenge of a verifier that only the tab has', async () => {
    const { given, went, storage } = places('?path=x');
    await startLogin({ name: 'dev', start_url: 'https://gateway.example.com/api/auth/start?issuer=dev' }, given);
    const verifier = storage.get('noetl-gateway:login-verifier') ?? '';
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    expect(new URL(went[0] ?? '').searchParams.get('code_challenge')).toBe(Buffer.from(digest).toString('base64url'));
    expect(verifier).toMatch(/^[\w-]{43}$/);
    expect(storage.get('noetl-gateway:login-from')).toBe('/console?path=x');
  });

  test('exchanges the code for the token, and the address is the one before it', async () => {
    const asked = answering({ session_token: 'token' });
    const { given, went, storage } = places('?code=c', started);
    expect(await finishLogin(given, '/console')).toEqual({ token: 'token' });
    expect(went).toEqual(['/console/access?path=x']);
    expect(storage.size).toBe(0);
    expect(asked).toHaveBeenCalledWith(
      '/console/api/auth/exchange',
      expect.objectContaining({ body: '{"code":"c","code_verifier":"verifier"}' }),
    );
  });

  test('is not finished without a verifier of this tab, or without an answer', async () => {
    const asked = answering({ session_token: 'token' });
    expect(await finishLogin(places('?code=c').given)).toBeUndefined();
    expect(await finishLogin(places('?path=x', started).given)).toBeUndefined();
    expect(asked).not.toHaveBeenCalled();
  });

  test('reports a refusal of the provider, of the gateway, and an answer that is not a token', async () => {
    answering({ error: 'The code is not valid' }, 401);
    expect(await finishLogin(places('?error=not_accepted', started).given)).toEqual({
      problem: 'The login was refused (not_accepted).',
    });
    expect(await finishLogin(places('?code=c', started).given)).toEqual({ problem: 'The code is not valid' });
    answering({ session_token: 'a b' });
    expect(await finishLogin(places('?code=c', started).given)).toHaveProperty('problem');
  });

  test('offers no provider where the gateway does not answer', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('network')));
    expect(await listProviders('http://localhost:8091/console', '/console')).toEqual([]);
  });
});
