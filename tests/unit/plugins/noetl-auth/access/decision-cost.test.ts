import { expect, test } from 'vitest';
import { compileGrants, decide } from '../../../../../plugins/noetl-auth/access/decision.ts';
import { playbookPath } from '../../../../support/allowed-decision.ts';
import { processorTimeOf } from '../../../../support/processor-time.ts';

/** Patterns of 10,000 grants. The index finds them in different ways: whole paths, prefixes, and wildcards inside. */
const shapes: Readonly<Record<string, (n: number) => string>> = {
  folders: (n) => `team-${n % 100}/project-${n}/*`,
  'names with a wildcard at the end': (n) => `data/report-${n}*`,
  'whole paths': (n) => `api_integration/vendor-${n}/sync`,
  'wildcards inside': (n) => `region-${n}/*/export/*`,
  'wildcards inside, 200 grants to each of 50 prefixes': (n) => `region-${n % 50}/*/export-${n}/*`,
};

test.each(Object.entries(shapes))('5,000 decisions among 10,000 grants look at few of them: %s', (_name, pattern) => {
  const roles = ['admin', 'developer', 'analyst', 'viewer'];
  // One grant in ten denies: a deny wins over every allow, so each decision looks for both.
  const grants = Array.from({ length: 10_000 }, (_, n) => ({
    effect: n % 10 === 0 ? ('deny' as const) : ('allow' as const),
    role: roles[n % roles.length] ?? 'viewer',
    permissions: ['execute', 'view'] as const,
    patterns: [pattern(n)],
    source: undefined,
  }));
  const compiled = compileGrants(grants, ['api_integration/auth0/auth0_login']);
  // Paths that grants match, and as many that none matches.
  const paths = Array.from({ length: 1_000 }, (_, n) => {
    const matched = pattern(n * 10 + (n % 10)).replaceAll('*', 'nightly');
    return playbookPath(n % 2 === 0 ? matched : `other/${matched}`);
  });
  const user = { roles: ['developer', 'analyst'] };
  const decideOften = () => {
    for (let round = 0; round < 5; round += 1) for (const path of paths) decide(compiled, user, 'view', path);
  };
  // Some ten times what it takes; a look at every grant for each decision takes far more.
  expect(processorTimeOf(decideOften, 1)).toBeLessThan(1_000_000);
});
