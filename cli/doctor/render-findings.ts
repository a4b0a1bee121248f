import type { Finding } from './finding.ts';

const words: Readonly<Record<Finding['outcome'], string>> = {
  fine: 'ok     ',
  warning: 'warning',
  problem: 'PROBLEM',
  skipped: 'skipped',
};

/** One line for each finding, with the next step after an arrow. */
export function renderFindings(findings: readonly Finding[]): string {
  const lines = findings.map(({ check, outcome, message, nextStep }) => {
    const line = `${words[outcome]}  ${check.padEnd(11)}  ${message}`;
    // Messages hold texts of NoETL and of issuers, and a terminal obeys control characters.
    return (nextStep === undefined ? line : `${line} -> ${nextStep}`).replaceAll(/\p{Cc}/gu, '?');
  });
  return `${lines.join('\n')}\n`;
}
