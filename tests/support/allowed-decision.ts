import type { RootDecision } from '../../plugins/call-context.ts';

/** The decision on a root field that every caller may have. */
export const allowedDecision = (field: string, args: Record<string, unknown> = {}): RootDecision => ({
  outcome: 'allowed',
  field,
  args,
  grant: undefined,
  path: undefined,
  rows: undefined,
});
