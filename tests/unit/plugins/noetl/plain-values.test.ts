import { describe, expect, it } from 'vitest';
import { isClaimData, isOwnWorkload } from '../../../../plugins/noetl/json-object.ts';

describe('what the gateway puts into a workload', () => {
  it.each([
    ['a token', 'aZ09-._~+/=='],
    ['nothing', ''],
    ['an address', '2001:db8::1'],
    ['a host', 'tenant.example.com:8443'],
    ['a URL', 'http://gateway.example.com:8091/cb/x_y-z'],
    ['a path of another script', 'données/über uns/汉字 (1)'],
  ])('may be %s', (_name, text) => {
    expect(isOwnWorkload({ text, hours: 8, flag: true })).toBe(true);
  });

  it.each([
    ['a quote', "'"],
    ['a double quote', '"'],
    ['a brace', '{'],
    ['a bracket', '['],
    ['a backslash', '\\'],
    ['a percent sign', '%'],
    ['a hash', '#'],
    ['a line break', 'a\nb'],
    ['a lone surrogate', '\ud800'],
  ])('is never %s', (_name, text) => {
    expect(isOwnWorkload({ text })).toBe(false);
    expect(isOwnWorkload({ [text]: 'a' })).toBe(false);
  });

  it.each([
    ['a list', ['a']],
    ['an object', {}],
    ['null', null],
    ['nothing', undefined],
  ])('is never %s', (_n, value) => {
    expect(isOwnWorkload({ value })).toBe(false);
  });
});

describe('claims', () => {
  it.each([
    ['names', { name: "O'Brien", nickname: 'Bob "the builder" & co.' }],
    ['URLs', { picture: 'https://example.com/a%20b?d=https%3A%2F%2Fexample.com#x' }],
    [
      'lists, numbers and objects',
      { aud: ['a', 'b'], exp: 1_800_000_000, 'https://example.com/roles': { list: ['x'] } },
    ],
    ['other scripts', { name: 'Ада Лавлейс 愛' }],
  ])('may hold %s', (_name, claims) => {
    expect(isClaimData(claims)).toBe(true);
  });

  it.each([
    ['a brace', { name: '["{" "" "{ 7*7 }}"]' }],
    ['one brace', { name: 'a{b' }],
    ['a closing brace', { name: 'a}b' }],
    ['a backslash', { name: '\\x7b' }],
    ['a brace in a key', { 'a{b': 1 }],
    ['a brace further in', { a: [{ b: ['{'] }] }],
    ['a control character', { name: 'a\u0000b' }],
  ])('never hold %s', (_name, claims) => {
    expect(isClaimData(claims)).toBe(false);
  });
});
