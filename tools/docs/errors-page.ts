import { type ErrorCode, errorCodes, GatewayError } from '../../core/errors.ts';
import { page, table } from '../../generator/emit/markdown.ts';
import { type ErrorText, errorTexts } from './error-texts.ts';

/** One section for each error code, with an anchor that is the code in lower case. */
export function errorsPage(): string {
  const codes = [...errorCodes].sort();
  return page('core/errors.ts and tools/docs/error-texts.ts', [
    '# Errors',
    'A GraphQL answer has the code in `errors[].extensions.code`, a REST answer in `code`. A code never changes its meaning, and its HTTP status never changes; the sentence may. Branch on the code. In a GraphQL answer a field that failed is null, the others have their values, and the status is 200 unless the request as a whole was refused.',
    table(
      ['Code', 'Status', 'Try again', 'Means'],
      codes.map((code) => [`[\`${code}\`](#${code.toLowerCase()})`, ...facts(code), errorTexts[code].means]),
    ),
    ...codes.flatMap((code) => sections(code, errorTexts[code])),
  ]);
}

function facts(code: ErrorCode): [status: string, retryable: string] {
  const { status, retryable } = new GatewayError(code, '');
  return [String(status), retryable ? 'yes' : 'no'];
}

function sections(code: ErrorCode, { means, causes, next }: ErrorText): readonly string[] {
  const [status, retryable] = facts(code);
  return [
    `## ${code}`,
    `Status ${status}. ${retryable === 'yes' ? 'The same call may succeed later: wait `Retry-After` seconds where the answer has it.' : 'The same call fails again.'}`,
    `**Means**: ${means}`,
    `**Usual causes**: ${causes}`,
    `**Next**: ${next}`,
  ];
}
