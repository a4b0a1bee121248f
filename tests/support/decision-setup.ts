import { vi } from 'vitest';
import type { AccessRule } from '../../plugins/noetl-auth/access/access-rule.ts';
import type { DecisionOptions, FieldRule } from '../../plugins/noetl-auth/decide-call.ts';
import { parseSessionToken, type SessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import type { GatewayEvent } from '../../plugins/observe.ts';
import type { AccessChecker } from '../../plugins/ports.ts';
import { session } from './plugin-gateway.ts';

export const token = parseSessionToken('token-editor') as SessionToken;
export const by = { caller: { session: session('editor'), token }, requestId: 'request-1' };

const ruleOf = (access: AccessRule, more: Partial<FieldRule> = {}): FieldRule => ({
  ...{ root: 'query', access, allowTemplates: false, ...more },
});
export const decisionRules = new Map<string, FieldRule>([
  ['register', ruleOf({ kind: 'source', permission: 'edit', argument: 'content' }, { root: 'mutation' })],
  ['playbook', ruleOf({ kind: 'playbook', permission: 'view', argument: 'path' })],
  ['stats', ruleOf({ kind: 'authenticated' }, { pathArguments: ['path'] })],
  ['events', ruleOf({ kind: 'playbook', permission: 'view', argument: 'path' }, { root: 'subscription' })],
  [
    'renamed',
    ruleOf(
      { kind: 'playbook', permission: 'view', argument: 'path' },
      {
        formerArguments: new Map([
          ['resource', 'path'],
          ['lang', 'language'],
        ]),
      },
    ),
  ],
]);

/** What decisions are made with: every path below `data/` is allowed. `check` records the questions, `events` what is reported. */
export function decisionSetup(change: Partial<DecisionOptions> = {}) {
  const events: GatewayEvent[] = [];
  const check = vi.fn<AccessChecker['check']>(async ({ path }) =>
    path.startsWith('data/')
      ? { allowed: true, grant: undefined }
      : { allowed: false, why: 'no-grant', grant: undefined },
  );
  const options: DecisionOptions = {
    rules: decisionRules,
    checker: { check } as unknown as AccessChecker,
    executionPath: async () => undefined,
    unbrokenRun: 100,
    resolvers: 'gateway',
    observe: (event) => events.push(event),
    ...change,
  };
  return { options, check, events };
}
