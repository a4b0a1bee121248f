import { describe, expect, test } from 'vitest';
import { contentTypeOf } from '../../../../gateway/graphql/pipeline.ts';
import type { Exchange } from '../../../../gateway/http/exchange.ts';

const usual = { 'content-type': 'application/json' };
const of = (headers: object, more: Partial<Exchange> = {}) =>
  contentTypeOf({ method: 'POST', search: '', request: { headers }, ...more } as Exchange);

describe('the usual request', () => {
  test.each([
    [undefined, 'application/json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
    ['text/event-stream', undefined],
    ['application/xml', undefined],
    ['', undefined],
  ])('that accepts %s is answered with %s', (accept, expected) => {
    expect(of({ ...usual, ...(accept === undefined ? {} : { accept }) })).toBe(expected);
  });

  test('is a POST of JSON without parameters in its address', () => {
    expect(of(usual)).toBeDefined();
    expect(of(usual, { method: 'GET' })).toBeUndefined();
    expect(of(usual, { search: '?x=1' })).toBeUndefined();
    expect(of({})).toBeUndefined();
    expect(of({ 'content-type': 'text/plain' })).toBeUndefined();
    expect(of({ 'content-type': 'application/json; charset=latin1' })).toBeUndefined();
  });
});
