import type { RootDecision } from '../../plugins/call-context.ts';
import { type PlaybookPath, parsePlaybookPath } from '../../plugins/noetl-auth/access/playbook-path.ts';

/** The decision on a root field that every caller may have. */
export const allowedDecision = (field: string, args: Record<string, unknown> = {}): RootDecision => ({
  outcome: 'allowed',
  field,
  args,
  grant: undefined,
  path: undefined,
  rows: undefined,
});

/** A path that tests have written in normal form. */
export function playbookPath(text: string): PlaybookPath {
  const path = parsePlaybookPath(text);
  if (path === undefined) throw new Error(`not in normal form: ${text}`);
  return path;
}
