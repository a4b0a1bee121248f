import { describe, expect, it } from 'vitest';
import { isOrigin, parseIssuer, parseUpstreamUrl } from '../../../../gateway/config/addresses.ts';

describe('addresses', () => {
  it.each([
    ['http://noetl:8082', true],
    ['https://noetl.example.com/base', true],
    ['ftp://noetl', false],
    ['http://user@noetl', false],
    ['http://:secret@noetl', false],
    ['http://noetl/?a=b', false],
    ['http://noetl/#a', false],
    ['noetl:8082', false],
    ['', false],
  ])('an upstream: %s', (text, want) => {
    expect(parseUpstreamUrl(text) !== undefined).toBe(want);
  });

  it.each([
    ['tenant.example.com', 'https://tenant.example.com/'],
    ['tenant.example.com:8443', 'https://tenant.example.com:8443/'],
    ['https://tenant.example.com', 'https://tenant.example.com'],
    ['https://tenant.example.com/realms/a', 'https://tenant.example.com/realms/a'],
    ['http://localhost:4000/', 'http://localhost:4000/'],
    ['http://127.0.0.1/', 'http://127.0.0.1/'],
    ['http://[::1]:1/', 'http://[::1]:1/'],
    ['http://tenant.example.com/', undefined],
    ['http://a.localhost/', undefined],
    ['tenant.example.com/path', undefined],
    ['tenant.example.com/', undefined],
    ['not a domain', undefined],
    ['ftp://tenant.example.com/', undefined],
  ])('an issuer: %s', (text, want) => {
    expect(parseIssuer(text)).toBe(want);
  });

  it.each([
    ['https://app.example.com', true],
    ['http://localhost:3000', true],
    ['https://app.example.com/', false],
    ['https://app.example.com/x', false],
    ['https://*.example.com', false],
    ['ftp://app.example.com', false],
    ['app.example.com', false],
    ['null', false],
  ])('an origin: %s', (text, want) => {
    expect(isOrigin(text)).toBe(want);
  });
});
