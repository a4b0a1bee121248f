import { cpus } from 'node:os';
import process from 'node:process';
import { compileGrants, decide } from '../../../plugins/noetl-auth/access/decision.ts';
import type { Grant } from '../../../plugins/noetl-auth/access/grant.ts';

// `decide()` alone, without a server: the goal is a million decisions in a second with 10,000 grants, whatever their
// shape (docs/performance.md). `npm run bench` runs this file with `--json`.
const seconds = 1;
const grantCount = 10_000;
const target = 1_000_000;
const roles = ['admin', 'developer', 'analyst', 'viewer'];

/**
 * Grants of one shape, by its name: the pattern of the grant with a number. The index finds them in different ways:
 * whole paths, prefixes, and wildcards inside.
 */
const shapes: Readonly<Record<string, (n: number) => string>> = {
  folders: (n) => `team-${n % 100}/project-${n}/*`,
  'names with a wildcard at the end': (n) => `data/report-${n}*`,
  'whole paths': (n) => `api_integration/vendor-${n}/sync`,
  'wildcards inside': (n) => `region-${n}/*/export/*`,
  'wildcards inside, 200 grants to each of 50 prefixes': (n) => `region-${n % 50}/*/export-${n}/*`,
};

/** One grant in ten denies: a deny wins over every allow, so each decision looks for both. */
function grantsOf(pattern: (n: number) => string): Grant[] {
  return Array.from({ length: grantCount }, (_, n) => ({
    effect: n % 10 === 0 ? 'deny' : 'allow',
    role: roles[n % roles.length] ?? 'viewer',
    permissions: ['execute', 'view'],
    patterns: [pattern(n)],
    source: undefined,
  }));
}

/** Paths that grants match, and as many that none matches. */
function pathsOf(pattern: (n: number) => string): string[] {
  return Array.from({ length: 1_000 }, (_, n) => {
    const matched = pattern(n * 10 + (n % 10)).replaceAll('*', 'nightly');
    return n % 2 === 0 ? matched : `other/${matched}`;
  });
}

/**
 * Decisions in a second of processor time, not of the clock, so that a busy machine does not change the verdict. Users
 * have two roles, so that a decision asks for both.
 */
function measure(pattern: (n: number) => string): number {
  const compiled = compileGrants(grantsOf(pattern), ['api_integration/auth0/auth0_login']);
  const paths = pathsOf(pattern);
  const users = roles.map((role, n) => ({ roles: [role, roles[(n + 1) % roles.length] ?? role] }));
  const round = () => {
    let allowed = 0;
    for (const path of paths) for (const user of users) if (decide(compiled, user, 'view', path).allowed) allowed += 1;
    return allowed;
  };
  // Once before the clock starts, so that the code is compiled.
  round();
  const start = process.cpuUsage();
  const micros = () => process.cpuUsage(start).user;
  let decisions = 0;
  while (micros() < seconds * 1_000_000) {
    round();
    decisions += paths.length * users.length;
  }
  return Math.round((decisions * 1_000_000) / micros());
}

const results = Object.entries(shapes).map(([shape, pattern]) => ({ shape, decisionsPerSecond: measure(pattern) }));
if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify({ machine: cpus()[0]?.model, grants: grantCount, results })}\n`);
} else {
  for (const { shape, decisionsPerSecond } of results) {
    const verdict = decisionsPerSecond >= target ? 'ok' : 'below 1,000,000';
    process.stdout.write(`${decisionsPerSecond.toLocaleString('en').padStart(12)}/s  ${shape}  ${verdict}\n`);
  }
}
