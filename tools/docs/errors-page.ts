import type { OutputFile } from '../../generator/emit/emitter.ts';
import { fenced, page, table } from '../../generator/emit/markdown.ts';
import { type ErrorCode, errorCodes, GatewayError } from '../../plugins/errors.ts';
import { errorTexts } from './error-texts.ts';

const source = 'plugins/errors.ts and tools/docs/error-texts.ts';

/** The folder of the pages of codes; it has no other files. */
export const errorPagesFolder = 'docs/reference/error';

/**
 * The codes, each with a link to its page. The anchors are those of the sections that were here before there were
 * pages.
 * @returns Markdown of docs/reference/errors.md
 */
export function errorsPage(): string {
  const codes = [...errorCodes].sort();
  return page(source, [
    '# Errors',
    'A GraphQL answer has the code in `errors[].extensions.code`, a REST answer in `code`. A code never changes its meaning, and its HTTP status never changes; the sentence may. Branch on the code. In a GraphQL answer a field that failed is null, the others have their values, and the status is 200 unless the request as a whole was refused.',
    'Each code has a page with its usual causes, and what to do next.',
    table(
      ['Code', 'Status', 'Try again', 'Means'],
      codes.map((code) => [
        `<a id="${code.toLowerCase()}"></a>[\`${code}\`](error/${code}.md)`,
        ...facts(code),
        errorTexts[code].means,
      ]),
    ),
  ]);
}

/** A page for each error code, under its name. */
export const errorPages = (): readonly OutputFile[] =>
  errorCodes.map((code) => ({ path: `${errorPagesFolder}/${code}.md`, content: errorPage(code) }));

function errorPage(code: ErrorCode): string {
  const { means, causes, next } = errorTexts[code];
  const [status, retryable] = facts(code);
  return page(source, [
    `# ${code}`,
    `Status ${status}. ${retryable === 'yes' ? 'The same call may succeed later: wait `Retry-After` seconds where the answer has it.' : 'The same call fails again.'}`,
    `**Means**: ${linked(means)}`,
    `**Usual causes**: ${linked(causes)}`,
    `**Next**: ${linked(next)}`,
    ...(commandCodes.has(code)
      ? ['Commands and the start of the gateway print the code, with one line for each problem.']
      : [
          '## In an answer',
          `REST, with the HTTP status ${status}:`,
          fenced('json', JSON.stringify({ error: '…', code })),
          'GraphQL, with the HTTP status 200 where only a field failed:',
          fenced('json', JSON.stringify({ errors: [{ message: '…', extensions: { code } }] })),
        ]),
    sameStatus(code, status),
    'All codes: [Errors](../errors.md).',
  ]);
}

/** What only commands and the start of the process report. */
const commandCodes: ReadonlySet<ErrorCode> = new Set([
  'ERR_CONFIG_INVALID',
  'ERR_OUTPUT_STALE',
  'ERR_POLICY_INVALID',
  'ERR_SPEC_INVALID',
  'ERR_SPEC_UNSUPPORTED',
]);

/** Codes are what callers branch on, since several have one status. */
function sameStatus(code: ErrorCode, status: string): string {
  const others = errorCodes.filter((one) => one !== code && facts(one)[0] === status).sort();
  if (others.length === 0) return `No other code has the status ${status}.`;
  return `The same status: ${others.map((one) => `[\`${one}\`](${one}.md)`).join(', ')}.`;
}

/** By an error of that code, so that the page has what an answer has. */
function facts(code: ErrorCode): [status: string, retryable: string] {
  const { status, retryable } = new GatewayError(code, '');
  return [String(status), retryable ? 'yes' : 'no'];
}

/** Texts have links as from docs/reference; pages of codes are one folder deeper. */
const linked = (text: string): string => text.replaceAll(/\]\((?![a-z]+:|#|\/)/g, '](../');
