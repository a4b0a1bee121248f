import { describe, expect, test } from 'vitest';
import { contentTypeOfUsual, isEnvelopOnly } from '../../../../server/graphql/usual-request.ts';
import type { Exchange } from '../../../../server/http/exchange.ts';

const usual = { 'content-type': 'application/json' };
const of = (headers: object, more: Partial<Exchange> = {}) =>
  contentTypeOfUsual({ method: 'POST', search: '', request: { headers }, ...more } as Exchange);

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

describe('a plugin with no part in HTTP', () => {
  const hook = () => {};
  test.each([
    ['none', undefined],
    ['switched off', false],
    ['nothing in it', {}],
    ['hooks of Envelop', { onParse: hook, onValidate: hook, onContextBuilding: hook, onExecute: hook }],
  ])('%s', (_name, plugin) => expect(isEnvelopOnly(plugin)).toBe(true));

  class OfAClass {
    onRequest() {}
  }
  test.each([
    ['a hook of HTTP', { onExecute: hook, onRequest: hook }],
    ['a hook of results', { onResultProcess: hook }],
    ['a hook of parameters, which would run again', { onParams: hook }],
    ['a hook that adds plugins', { onPluginInit: hook }],
    ['instrumentation', { instrumentation: {} }],
    ['an unknown hook', { onTomorrow: hook }],
    ['a symbol', { [Symbol('hook')]: hook }],
    ['an inherited hook', Object.create({ onRequest: hook })],
    ['an instance of a class', new OfAClass()],
    ['a promise', Promise.resolve({})],
    ['a function', hook],
  ])('not: %s', (_name, plugin) => expect(isEnvelopOnly(plugin)).toBe(false));
});
