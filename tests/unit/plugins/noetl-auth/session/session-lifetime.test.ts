import { describe, expect, test } from 'vitest';
import { capSession, endingsKeptMs, isLive, keptUntil } from '../../../../../plugins/noetl-auth/session/session.ts';
import { hourMs, sessionOf } from '../../../../support/session-fakes.ts';

const now = Date.UTC(2026, 0, 1);
const day = 24 * hourMs;
const minute = 60_000;

describe('a session is live', () => {
  test.each([
    ['before its end', now + 1, true],
    ['not at its end', now, false],
    ['not after it', now - 1, false],
    ['not when the end is no date', Number.NaN, false],
  ])('%s', (_name, endMs, want) => {
    expect(isLive(sessionOf(now, { expiresAt: new Date(endMs) }), now)).toBe(want);
  });
});

test('the cap counts from when it was first known', () => {
  const long = sessionOf(now, { expiresAt: new Date(now + 30 * day) });
  expect(capSession(long, day).expiresAt.getTime()).toBe(now + day);
  const short = sessionOf(now);
  expect(capSession(short, day)).toBe(short);
});

describe('a store knows it until', () => {
  test.each([
    ['the issuer ends it, when that is known', { issuerExpiresAt: new Date(now + 20 * hourMs) }, now + 20 * hourMs],
    ['its own end, when the issuer ends it before', { issuerExpiresAt: new Date(now + hourMs) }, now + 8 * hourMs],
    [
      'a bound, when the issuer never ends it',
      { issuerExpiresAt: new Date(Date.UTC(9999, 0)) },
      now + 8 * hourMs + endingsKeptMs,
    ],
    ['the longest session after its end, when that is not known', {}, now + 8 * hourMs + day],
    ['the same, when that is no date', { issuerExpiresAt: new Date(Number.NaN) }, now + 8 * hourMs + day],
    ['its own end, when the gateway issued it', { selfIssued: true }, now + 8 * hourMs],
  ])('%s', (_name, change, wantMs) => {
    expect(keptUntil(sessionOf(now, change), day).getTime()).toBe(wantMs + minute);
  });
});
