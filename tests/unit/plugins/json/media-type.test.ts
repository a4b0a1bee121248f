import { expect, test } from 'vitest';
import { isJsonMediaType } from '../../../../plugins/json/lossless-json.ts';

test.each([
  ['application/json', true],
  [' Application/JSON ; charset=utf-8', true],
  ['application/graphql+json', false],
  ['application/jsonp', false],
  ['text/plain', false],
  ['text/plain; application/json', false],
  ['', false],
  [null, false],
  [undefined, false],
])('%j: %s', (type, want) => {
  expect(isJsonMediaType(type)).toBe(want);
});
