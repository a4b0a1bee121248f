import { expect, test } from 'vitest';
import { allow, deny } from '../../../../../core/access/grant.ts';
import { grantedPatterns } from '../../../../../generator/emit/policy-page/granted-patterns.ts';

const grants = [
  allow('dev', ['execute'], ['data/*', 'job/*']),
  allow('dev', ['view'], 'data/*'),
  deny('dev', 'all', 'data/secret/*'),
  deny('dev', ['view'], 'data/raw/*'),
  deny('other', 'all', '*'),
  allow('dev', ['edit'], '*', { except: 'system/*' }),
  allow('dev', ['edit'], 'a/*'),
  allow('dev', ['edit'], 'b/*'),
];

test.each([
  { of: ['execute'], want: { allowed: [{ patterns: ['data/*', 'job/*'], except: [] }], denied: ['data/secret/*'] } },
  { of: ['view'], want: { allowed: [{ patterns: ['data/*'], except: [] }], denied: ['data/secret/*', 'data/raw/*'] } },
  // What execute still gives is not taken away by a deny of view alone.
  {
    of: ['view', 'execute'],
    want: { allowed: [{ patterns: ['data/*', 'job/*'], except: [] }], denied: ['data/secret/*'] },
  },
  {
    of: ['edit'],
    want: {
      allowed: [
        { patterns: ['a/*', 'b/*'], except: [] },
        { patterns: ['*'], except: ['system/*'] },
      ],
      denied: ['data/secret/*'],
    },
  },
  { of: ['delete'], want: { allowed: [], denied: [] } },
] as const)('$of', ({ of, want }) => {
  expect(grantedPatterns(grants, 'dev', of)).toEqual(want);
});
