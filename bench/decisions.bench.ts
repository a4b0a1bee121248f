import { cpus } from 'node:os';
import process from 'node:process';
import { compileGrants, decide } from '../core/access/decision.ts';
import type { Grant } from '../core/access/grant.ts';

const seconds = 1;
const grantCount = 10_000;
const target = 1_000_000;
const roles = ['admin', 'developer', 'analyst', 'viewer'];

/** Grants of one shape: the text before and after the number that makes them different. */
const shapes: Readonly<Record<string, (n: number) => string>> = {
  folders: (n) => `team-${n % 100}/project-${n}/*`,
  'names with a wildcard at the end': (n) => `data/report-${n}*`,
  'whole paths': (n) => `api_integration/vendor-${n}/sync`,
  'wildcards inside': (n) => `region-${n}/*/export/*`,
  'wildcards inside, 50 patterns to a prefix': (n) => `region-${n % 50}/*/export-${n}/*`,
};

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

/** Decisions in a second of processor time; users have two roles, so that a decision asks for both. */
function measure(pattern: (n: number) => string): number {
  const compiled = compileGrants(grantsOf(pattern), ['api_integration/auth0/auth0_login']);
  const paths = pathsOf(pattern);
  const users = roles.map((role, n) => ({ roles: [role, roles[(n + 1) % roles.length] ?? role] }));
  const round = () => {
    let allowed = 0;
    for (const path of paths) for (const user of users) if (decide(compiled, user, 'view', path).allowed) allowed += 1;
    return allowed;
  };
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
