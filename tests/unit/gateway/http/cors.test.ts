import { describe, expect, it } from 'vitest';
import { checkOrigin, createCors } from '../../../../gateway/http/origins.ts';

const app = 'https://app.example.com';
const cors = createCors({ origins: [app], credentials: true });

describe('createCors', () => {
  it('names a listed origin, and lets no other read', () => {
    expect(cors.headersFor({ origin: app })).toMatchObject({
      'access-control-allow-origin': app,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
    expect(cors.headersFor({ origin: 'https://app.example.com.evil.example' })).toEqual({ vary: 'Origin' });
    expect(cors.headersFor({ origin: 'null' })).toEqual({ vary: 'Origin' });
  });

  it('answers preflights, and refuses those of others', () => {
    expect(cors.preflight({ origin: app }).status).toBe(204);
    expect(cors.preflight({ origin: 'https://evil.example' }).status).toBe(403);
    expect(cors.preflight({}).status).toBe(204);
  });

  it('never sends credentials with a wildcard', () => {
    const open = createCors({ origins: ['*'], credentials: false });
    const headers = open.headersFor({ origin: 'https://any.example' });
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-allow-credentials']).toBeUndefined();
    expect(open.mayUseCookies('https://any.example')).toBe(false);
  });
});

describe('checkOrigin', () => {
  const own = 'https://gateway.example.com';
  it.each([
    ['a program', {}],
    ['the same origin', { 'sec-fetch-site': 'same-origin', origin: own }],
    ['a typed address', { 'sec-fetch-site': 'none' }],
    ['an allowed origin', { 'sec-fetch-site': 'cross-site', origin: app }],
    ['our own origin, an old browser', { origin: own }],
    ['the page itself, without an Origin', { 'sec-fetch-site': 'same-origin' }],
  ])('lets %s pass', (_name, headers) => {
    expect(() => checkOrigin(headers, cors, own)).not.toThrow();
  });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a sibling of the site', { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }],
    ['an old browser on another site', { origin: 'https://evil.example', host: 'gateway.example.com' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['another site without origin', { 'sec-fetch-site': 'cross-site' }],
    ['another name for this address', { origin: 'http://evil.example:1', host: 'evil.example:1' }],
    [
      'the same in a browser',
      { origin: 'http://evil.example:1', host: 'evil.example:1', 'sec-fetch-site': 'same-origin' },
    ],
  ])('stops %s', (_name, headers) => {
    expect(() => checkOrigin(headers, cors, own)).toThrow(expect.objectContaining({ code: 'ERR_ORIGIN_REFUSED' }));
  });

  it('compares with the host only where no public URL is configured', () => {
    const headers = { origin: 'http://localhost:8090', host: 'localhost:8090' };
    expect(() => checkOrigin(headers, cors, undefined)).not.toThrow();
    expect(() => checkOrigin(headers, cors, own)).toThrow();
  });

  it('stops every origin when only a wildcard is configured', () => {
    const open = createCors({ origins: ['*'], credentials: false });
    expect(() => checkOrigin({ origin: 'https://any.example' }, open, undefined)).toThrow();
  });
});
