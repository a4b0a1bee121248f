import { expect, test } from 'vitest';
import { env, fallbackOf } from '../../../../../gateway/config/environment.ts';
import type { GatewayConfig } from '../../../../../gateway/config/gateway-config.ts';
import { declaredSections, defaultSections } from '../../../../../gateway/config/resolve-config.ts';
import { environmentEntries } from '../../../../../generator/emit/manifests/settings.ts';
import { authenticated } from '../../../../../plugins/noetl-auth/access/access-rule.ts';

const bare = { operations: {}, roles: [], grants: [] };

test('a declaration that says nothing reads the documented names, sorted', () => {
  const names = environmentEntries(bare).map((entry) => entry.env);
  expect(names).toEqual([...names].sort());
  expect(names).toEqual(
    expect.arrayContaining([
      'ROUTER_PORT',
      'NOETL_BASE_URL',
      'GATEWAY_TRUSTED_ISSUERS',
      'GATEWAY_AUTH0_DOMAIN',
      'AUTH_PLAYBOOK_LOGIN',
      'GATEWAY_SESSION_STORE',
    ]),
  );
});

test('a literal removes the variable, a reference of ones own adds it', () => {
  const entries = environmentEntries({ ...bare, listen: { port: 9000, bind: env('MY_BIND', '::') } });
  const names = entries.map((entry) => entry.env);
  expect(names).not.toContain('ROUTER_PORT');
  expect(names).not.toContain('GATEWAY_BIND');
  expect(names).toContain('MY_BIND');
});

test('one playbook given leaves the others at their defaults', () => {
  const { auth } = declaredSections({ ...bare, auth: { playbooks: { login: 'my/login' } } });
  expect(auth.playbooks).toMatchObject({ login: 'my/login', checkAccess: defaultSections.auth.playbooks.checkAccess });
});

test('a name that is secret anywhere is secret', () => {
  const entries = environmentEntries({
    ...bare,
    upstream: { baseUrl: env('SHARED', 'http://noetl.example.com') },
    sessions: { store: env('SHARED', 'memory:', { secret: true }) },
  });
  expect(entries.filter((entry) => entry.env === 'SHARED')).toEqual([
    { env: 'SHARED', fallback: 'http://noetl.example.com', secret: true },
  ]);
});

test('the token of NoETL is a secret, and so is a header of a row', () => {
  const row = { upstream: 'GET /things', access: authenticated(), headers: { 'X-Key': env('KEY', { secret: true }) } };
  const secrets = environmentEntries({ ...bare, operations: { things: row } as GatewayConfig['operations'] })
    .filter((entry) => entry.secret)
    .map((entry) => entry.env);
  expect(secrets).toEqual(expect.arrayContaining(['KEY', 'NOETL_INTERNAL_API_TOKEN']));
  // Without it a pod starts anyway.
  expect(environmentEntries(bare).find((entry) => entry.env === 'NOETL_INTERNAL_API_TOKEN')?.fallback).toBe('');
});

test('a field that holds a secret makes its variable one', () => {
  const browser = { clientId: env('WEB_ID'), clientSecret: env('WEB_SECRET'), returnTo: ['https://app.example.com/'] };
  const entries = environmentEntries({
    ...bare,
    auth: { issuers: [{ issuer: 'https://login.example.com/', browser }] },
    sessions: { store: env('OUR_STORE', 'memory:') },
  });
  const secrets = entries.filter((entry) => entry.secret).map((entry) => entry.env);
  expect(secrets).toEqual(expect.arrayContaining(['OUR_STORE', 'WEB_SECRET']));
  expect(secrets).not.toContain('WEB_ID');
  expect(entries.map((entry) => entry.env)).toContain('WEB_ID');
});

test.each([
  { given: env('X', 5), want: 5 },
  { given: env('X'), want: undefined },
  { given: 'text', want: 'text' },
])('the fallback of $given is $want', ({ given, want }) => {
  expect(fallbackOf(given)).toBe(want);
});
