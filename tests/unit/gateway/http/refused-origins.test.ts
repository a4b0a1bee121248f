import { describe, expect, it } from 'vitest';
import { createCors, reportRefusedOrigins } from '../../../../gateway/http/origins.ts';

function world(own?: string) {
  const lines: { origin: unknown; message: string }[] = [];
  const report = reportRefusedOrigins({ warn: ({ origin }, message) => void lines.push({ origin, message }) }, own);
  const cors = createCors({ origins: ['https://app.example.com'], credentials: true, onRefused: report });
  return { lines, cors };
}

describe('a refused origin', () => {
  it('is logged once, with the next step', () => {
    const { lines, cors } = world();
    for (const _ of [1, 2, 3]) cors.headersFor({ origin: 'http://localhost:3000' });
    expect(lines).toEqual([
      { origin: 'http://localhost:3000', message: expect.stringContaining('CORS_ALLOWED_ORIGINS') },
    ]);
  });

  it.each([
    ['the same origin by Sec-Fetch-Site', { origin: 'https://x.example.com', 'sec-fetch-site': 'same-origin' }],
    ['the same host', { origin: 'https://x.example.com', host: 'x.example.com' }],
    ['the public URL', { origin: 'https://gateway.example.com', host: 'internal:8090' }],
    ['a listed one', { origin: 'https://app.example.com' }],
    ['a program', {}],
  ])('is not reported: %s', (_name, headers) => {
    const { lines, cors } = world('https://gateway.example.com');
    cors.headersFor(headers);
    expect(lines).toEqual([]);
  });

  it('does not fill the log: 20 origins, each cut', () => {
    const { lines, cors } = world();
    for (let at = 0; at < 50; at += 1) cors.headersFor({ origin: `https://${at}.example.com/${'x'.repeat(5_000)}` });
    expect(lines).toHaveLength(20);
    expect(Math.max(...lines.map(({ origin }) => String(origin).length))).toBe(200);
  });
});

it('a page of this machine never gets credentials by being one', () => {
  const cors = createCors({ origins: ['http://localhost:5173'], credentials: true, loopback: true });
  expect(cors.headersFor({ origin: 'http://localhost:5173' })).toHaveProperty('access-control-allow-credentials');
  expect(cors.headersFor({ origin: 'http://localhost:1' })).not.toHaveProperty('access-control-allow-credentials');
  expect(cors.mayUseCookies('http://localhost:1')).toBe(false);
});
