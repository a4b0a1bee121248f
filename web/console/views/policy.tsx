import type { ComponentType } from 'preact';
import { addressOf } from '../api/health.ts';
import { Chips } from '../parts/controls.tsx';
import { LintFindings, PastDecisions, PolicyCases, TryPolicy } from '../parts/policy-draft.tsx';
import { Heading } from '../parts/table.tsx';
import type { ViewProps } from '../view-props.ts';

interface Tab {
  readonly value: string;
  readonly title: string;
  /** The command that does the same. */
  readonly command: string;
  /** Has its own question to the gateway, which is asked when the part is shown. */
  readonly Part: ComponentType;
}

/** The parts of the view. `value` is in the address; the first tab is the one without. */
const tabs: readonly [Tab, ...Tab[]] = [
  { value: '', title: 'Test cases', command: 'test', Part: PolicyCases },
  { value: 'findings', title: 'Findings', command: 'lint', Part: LintFindings },
  { value: 'past', title: 'Past decisions', command: 'replay', Part: PastDecisions },
  { value: 'try', title: 'Try other grants', command: 'diff', Part: TryPolicy },
];

/**
 * What `noetl-gateway policy` does, about the grants that count now. Nothing is written.
 * - `tab` in the address: `value` of one of {@link tabs}
 */
export function PolicyView({ query }: ViewProps) {
  // An unknown tab is the first one.
  const { value: chosen, command, Part } = tabs.find(({ value }) => value === query['tab']) ?? tabs[0];
  return (
    <>
      <Heading
        title="Does the policy do what it should?"
        answer={
          <>
            Nothing here is saved. For files, whole logs and CI: <code>noetl-gateway policy {command}</code>.
          </>
        }
      />
      <Chips
        label="What to look at"
        chosen={chosen}
        choices={tabs.map(({ value, title }) => ({ value, title, href: addressOf('policy', { tab: value }) }))}
      />
      <Part />
    </>
  );
}
