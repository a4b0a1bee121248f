import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDevIssuer, type DevIssuer } from '../../../dev/issuer.ts';
import { eventually } from '../../support/child-server.ts';
import { type ServeProcess, startServe } from '../../support/serve-process.ts';

/** A provider with a certificate of a private authority, at a name that only a proxy resolves. */
const host = 'sso.company.example';
const folder = mkdtempSync(join(tmpdir(), 'gateway-ca-'));
const authority = join(folder, 'ca.pem');
const closing: (() => unknown)[] = [];
let provider: DevIssuer;
let proxyUrl: string;
/** Targets of CONNECT, and how the first bytes after it looked. */
const tunnels: { readonly target: string | undefined; readonly headers: string; first: string }[] = [];

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
}

const listening = (server: Server) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });

beforeAll(async () => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=Private authority',
  );
  const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host},DNS:localhost`];
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '2'];
  openssl('req', '-x509', ...key, '-keyout', 'host.key', '-out', 'host.pem', ...names, ...signed);
  provider = await createDevIssuer({
    clock: Date.now,
    audience: 'test-app',
    users: [{ sub: 'ada', email: 'developer@example.com' }],
  });
  closing.push(() => provider.close());
  const certificate = { key: readFileSync(join(folder, 'host.key')), cert: readFileSync(join(folder, 'host.pem')) };
  const front = createTlsServer(certificate, (socket) => {
    const inner = connect(provider.port, '127.0.0.1');
    socket.on('error', () => inner.destroy());
    inner.on('error', () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  const tlsPort = await listening(front);
  const proxy = createServer((_request, response) => void response.writeHead(405).end());
  proxy.on('connect', (request, socket, head) => {
    const tunnel = { target: request.url, headers: JSON.stringify(request.headers), first: '' };
    tunnels.push(tunnel);
    const inner = connect(tlsPort, '127.0.0.1', () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    socket.on('error', () => inner.destroy());
    socket.on('data', (chunk: Buffer) => (tunnel.first ||= chunk.toString('latin1')));
    inner.on('error', () => socket.destroy());
    if (head.length > 0) inner.write(head);
    socket.pipe(inner).pipe(socket);
  });
  proxyUrl = `http://127.0.0.1:${await listening(proxy)}`;
  closing.push(
    () => front.close(),
    () => proxy.close(),
    () => rmSync(folder, { recursive: true }),
  );
  viaPort = tlsPort;
});
afterAll(async () => {
  for (const close of closing) await close();
});

let viaPort: number;
/** The issuer by its name behind the proxy, or directly on this machine. */
const named = () => `https://${host}/`;
const direct = () => `https://localhost:${viaPort}/`;

async function gatewayFor(issuer: string, environment: Record<string, string>): Promise<ServeProcess> {
  provider.misbehave({
    change: (document) =>
      'jwks_uri' in document ? { ...document, issuer, jwks_uri: `${issuer}.well-known/jwks.json` } : document,
  });
  const serve = await startServe({ GATEWAY_TRUSTED_ISSUERS: issuer, ...environment });
  closing.unshift(() => serve.close());
  return serve;
}

async function logIn({ url }: ServeProcess, issuer: string): Promise<number> {
  const { status } = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth0_token: await provider.token('ada', { claims: { iss: issuer } }) }),
  });
  return status;
}

it('a certificate of a private authority is refused, and the log says what to do', async () => {
  const serve = await gatewayFor(direct(), {});
  expect(await logIn(serve, direct())).toBe(503);
  await eventually(() => serve.output().includes('NODE_EXTRA_CA_CERTS'));
  expect(serve.output()).toContain(direct());
});

it('with NODE_EXTRA_CA_CERTS its tokens log in', async () => {
  const serve = await gatewayFor(direct(), { NODE_EXTRA_CA_CERTS: authority });
  expect(await logIn(serve, direct())).toBe(200);
});

it('a provider behind a proxy is asked through it by CONNECT, NoETL and its tokens are not', async () => {
  const serve = await gatewayFor(named(), {
    NODE_EXTRA_CA_CERTS: authority,
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: proxyUrl,
    HTTP_PROXY: proxyUrl,
  });
  expect(await logIn(serve, named())).toBe(200);
  expect(new Set(tunnels.map(({ target }) => target))).toEqual(new Set([`${host}:443`]));
  // A TLS handshake, and nothing of the token.
  for (const { first, headers } of tunnels) {
    expect(first.charCodeAt(0)).toBe(0x16);
    expect(headers).not.toContain('eyJ');
  }
});

it('without NODE_USE_ENV_PROXY the proxy is not asked, and the log names the provider', async () => {
  const before = tunnels.length;
  const serve = await gatewayFor(named(), { NODE_EXTRA_CA_CERTS: authority, HTTPS_PROXY: proxyUrl });
  expect(await logIn(serve, named())).toBe(503);
  expect(tunnels).toHaveLength(before);
  await eventually(() => serve.output().includes(host));
});

it('NO_PROXY lists providers that are asked directly', async () => {
  const before = tunnels.length;
  const serve = await gatewayFor(direct(), {
    NODE_EXTRA_CA_CERTS: authority,
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: proxyUrl,
    NO_PROXY: 'localhost',
  });
  expect(await logIn(serve, direct())).toBe(200);
  expect(tunnels).toHaveLength(before);
});
