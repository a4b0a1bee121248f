import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseJson } from '../../../../core/json/lossless-json.ts';
import type { Upstream, UpstreamReply } from '../../../../core/ports.ts';
import { probeIssuer } from '../../../../generator/doctor/probe-issuer.ts';
import { probeDocument, probeUpstream } from '../../../../generator/doctor/probe-upstream.ts';
import { documentHash } from '../../../../generator/document/document-hash.ts';

let server: Server;
let issuer: string;
let answers: Record<string, { status?: number; text: string }>;

beforeEach(async () => {
  answers = {};
  server = createServer((request, response) => {
    const answer = answers[request.url ?? ''] ?? { status: 404, text: '' };
    response.writeHead(answer.status ?? 200).end(answer.text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
});

afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

const discovery = '/.well-known/openid-configuration';

describe('probeIssuer', () => {
  test('counts the keys', async () => {
    answers = {
      [discovery]: { text: JSON.stringify({ issuer, jwks_uri: `${issuer}keys` }) },
      '/keys': { text: '{"keys": [{}, {}]}' },
    };
    expect(await probeIssuer(issuer)).toBe(2);
  });

  test.each([
    { name: 'no discovery document', text: undefined, want: 'its discovery document answers 404' },
    { name: 'a page instead', text: '<html>', want: 'its discovery document is not JSON' },
    {
      name: 'another issuer',
      text: '{"issuer": "https://tenant.example.com"}',
      want: 'its discovery document names another issuer: https://tenant.example.com',
    },
    { name: 'no key set', text: 'own', want: 'its discovery document has no jwks_uri' },
  ])('$name', async ({ text, want }) => {
    if (text !== undefined) answers[discovery] = { text: text === 'own' ? JSON.stringify({ issuer }) : text };
    await expect(probeIssuer(issuer)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE', message: want });
  });

  test('does not follow redirects', async () => {
    const redirect: typeof fetch = (url, init) => fetch(String(url), init);
    server.removeAllListeners('request');
    server.on('request', (_request, response) => response.writeHead(302, { location: `${issuer}other` }).end());
    await expect(probeIssuer(issuer, redirect)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
  });
});

const upstreamWith = (reply: Partial<UpstreamReply>): Upstream => ({
  request: async () => ({ status: 200, body: undefined, date: undefined, ...reply }),
});

describe('probes of NoETL', () => {
  test('a read that answers 500 is no answer, whatever the health says', async () => {
    await expect(probeUpstream(upstreamWith({ status: 500 }))).rejects.toMatchObject({ message: 'it answers 500' });
  });

  test('the live document has the hash of the pulled one, whatever its prose and its long numbers', async () => {
    const text =
      '{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {"summary": "S", "maximum": 9223372036854775807}}}}';
    const pulled = documentHash(JSON.parse(text.replace('"S"', '"T"')));
    expect(await probeDocument(upstreamWith({ body: parseJson(text) }))).toBe(pulled);
  });

  test('a NoETL without a document', async () => {
    expect(await probeDocument(upstreamWith({ status: 404 }))).toBeUndefined();
    await expect(probeDocument(upstreamWith({ body: 'text' }))).rejects.toMatchObject({ code: 'ERR_UPSTREAM' });
  });
});
