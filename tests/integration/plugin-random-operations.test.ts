import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLocalAccessChecker } from '../../core/access/access-checkers.ts';
import { compileGrants } from '../../core/access/decision.ts';
import type { Grant } from '../../core/access/grant.ts';
import type { AccessChecker } from '../../core/ports.ts';
import { codes, executions, grant, pluginGateway, post, reserved } from '../support/plugin-gateway.ts';
import { plainlyAllowed } from '../support/random-access.ts';
import { type RandomDocument, randomDocument, requestOf } from '../support/random-operation.ts';
import { type Running, runningFields } from '../support/running-fields.ts';

const numRuns = 10_000;

const roles = ['admin', 'analyst', 'viewer'];
const randomGrants = fc.array(
  fc
    .tuple(
      fc.constantFrom<Grant['effect']>('allow', 'allow', 'allow', 'deny'),
      fc.constantFrom(...roles),
      fc.subarray<Grant['permissions'][number]>(['execute', 'view', 'edit'], { minLength: 1 }),
      fc.constantFrom('*', 'data/*', 'data/a', 'system/*', '*/x', '%/a', 'data/secret/*', 'api_integration/*'),
    )
    .map(([effect, role, permissions, pattern]) => grant(effect, role, permissions, pattern)),
  { maxLength: 6 },
);

/** May this field run, by the words of the interface alone? */
function referenceAllows({ name, argument }: Running, user: readonly string[], grants: readonly Grant[]): boolean {
  const may = (permission: 'execute' | 'view', path: string | null | undefined) =>
    path != null && plainlyAllowed(grants, reserved, user, permission, path);
  switch (name) {
    case 'executePlaybook':
      return may('execute', argument);
    case 'playbook':
      return may('view', argument);
    case 'cancelExecution':
      return argument !== null && may('execute', executions.get(argument));
    case 'workerPools':
      return user.includes('admin');
    case 'special':
      return true;
    case 'unruled':
    case 'shut':
      return false;
  }
}

/** What reaches the upstream: of a mutation all or nothing, of a query what is allowed. */
function reference(document: RandomDocument, user: readonly string[], grants: readonly Grant[]): string[] {
  const running = [...(runningFields(document)?.values() ?? [])];
  const allowed = running.filter((field) => referenceAllows(field, user, grants));
  if (document.root === 'mutation' && allowed.length < running.length) return [];
  return allowed.map(({ name, argument }) => `${name} ${argument ?? ''}`).sort();
}

test(`of ${numRuns} random operations exactly what the reference allows reaches the upstream`, {
  timeout: 180_000,
}, async () => {
  let checker: AccessChecker;
  const gateway = pluginGateway({ checker: { check: (question) => checker.check(question) } });
  const seen = { refused: 0, wrong: 0, denied: 0, touching: 0 };
  const users = fc.uniqueArray(fc.constantFrom(...roles), { minLength: 1, maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(randomDocument, users, randomGrants, async (document, user, grants) => {
      checker = createLocalAccessChecker(compileGrants(grants, reserved));
      gateway.touched.length = 0;
      const answer = await post(gateway, requestOf(document), { token: `token-${user.join('+')}` });
      const touched = gateway.touched.map(
        ({ field, args }) => `${field} ${args['name'] ?? args['id'] ?? args['path'] ?? ''}`,
      );
      const want = codes(answer).includes('ERR_QUERY_REFUSED') ? [] : reference(document, user, grants);
      expect(touched.sort()).toEqual(want);
      count(answer, seen, want.length);
    }),
    { numRuns },
  );
  // The generator is worth something only when every kind of outcome is common.
  for (const [outcome, times] of Object.entries(seen)) expect(times, outcome).toBeGreaterThan(numRuns / 50);
  expect(seen.refused + seen.wrong).toBeLessThan(numRuns * 0.8);
});

function count(
  answer: Parameters<typeof codes>[0] & { json: { data?: unknown } },
  seen: Record<'refused' | 'wrong' | 'denied' | 'touching', number>,
  touched: number,
): void {
  const found = codes(answer);
  if (found.includes('ERR_QUERY_REFUSED')) seen.refused += 1;
  else if (answer.json.data === undefined) seen.wrong += 1;
  else if (found.length > 0) seen.denied += 1;
  if (touched > 0) seen.touching += 1;
}
