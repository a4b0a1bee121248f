import { sanitizeNameForGraphQL } from '@graphql-mesh/utils';
import fc from 'fast-check';
import { test } from 'vitest';
import { meshName } from '../../../../generator/openapi/mesh-name.ts';

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
    '$&',
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

test('a name is the one that Mesh gives', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const text = pieces.join('');
      return meshName(text) === sanitizeNameForGraphQL(text);
    }),
    { numRuns: 5_000 },
  );
});
