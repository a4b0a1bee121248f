import { sanitizeNameForGraphQL } from '@graphql-mesh/utils';
import fc from 'fast-check';
import { test } from 'vitest';
import { meshName } from '../../../../generator/openapi/names.ts';

const piece = fc.oneof(
  fc.constantFrom(
    '(',
    ')',
    '((',
    '))',
    '-',
    '_',
    '__',
    ' ',
    '.',
    '/',
    '$',
    '$1',
    '0',
    '12',
    'Query',
    'File',
    'a',
    'Ä',
    '🙂',
  ),
  fc.string({ maxLength: 6, unit: 'binary' }),
);

/** Between brackets Mesh takes these for patterns of a replacement: it doubles texts without an end, or drops a dollar sign. */
const hasPattern = (text: string): boolean => /\(.*\$[$&`'].*\)/s.test(text);

test('a name is the one that Mesh gives', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const text = pieces.join('');
      fc.pre(!hasPattern(text));
      return meshName(text) === sanitizeNameForGraphQL(text);
    }),
    { numRuns: 5_000, seed: 20261127 },
  );
});
