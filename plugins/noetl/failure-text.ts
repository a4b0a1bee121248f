import { ownText } from '../json/approximate-bytes.ts';

const longest = 300;

/** Words of SQL behind which a statement begins; what follows is not for callers. */
const sql =
  /\b(?:select\b[\s\S]*\bfrom\b|insert\s+into\b|update\b[\s\S]*\bset\b|delete\s+from\b|(?:create|alter|drop)\s+(?:table|index|schema|view|database)\b)/i;
const traceHead = /^Traceback \(most recent call last\):/m;
const exceptionPrefix = /^(?:[A-Za-z_][\w.]*(?:Error|Exception|Warning)|Exception): (?=\S)/;
/** Absolute paths of files, and addresses with user information or a host of the cluster. */
const filePath = /(?<![\w.-])(?:\/[\w.@+-]+){2,}\/?|\b[A-Za-z]:\\[^\s'"]+/g;
const address = /\b[a-z][a-z0-9+.-]*:\/\/[^\s'"<>]+/gi;
/** JSON Web Tokens and credentials of an Authorization header. */
const token = /\beyJ[\w-]*(?:\.[\w-]*){1,4}|\b(?:bearer|basic)\s+[\w.~+/=-]{8,}/gi;

/** The message for a result that NoETL could not store. */
export const notStored =
  'NoETL could not store the result of this step: it may hold a NUL character, or be larger than NoETL takes';

/** The message for a failed execution where reasons are hidden, or no reason is known. */
export const failedText = 'the execution failed';

/**
 * The error of a failed step, as one sentence for callers: the first line, or the exception at the end of a
 * traceback; without traces, files, addresses, tokens and SQL; at most 300 characters.
 */
export function failureSentence(text: string): string {
  if (isNotStored(text)) return notStored;
  const line = lineOf(text.slice(0, 20_000));
  const statement = sql.exec(line);
  const clean = (statement === null ? line : line.slice(0, statement.index).replace(/[\s:,;(["'`]+$/, ''))
    .replace(exceptionPrefix, '')
    .replace(token, '[hidden]')
    .replace(address, '[address]')
    .replace(filePath, '[path]')
    .replace(/[\s:,;]+$/, '')
    .trim();
  if (clean === '') return 'the step failed';
  return clean.length > longest ? `${ownText(clean.slice(0, longest - 1))}…` : ownText(clean);
}

/** Whether the text is NoETL's own report that it could not store what a step gave. */
export function isNotStored(text: string): boolean {
  return text.includes('Batch event emission failed') || text.includes('unsupported Unicode escape sequence');
}

function lineOf(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (!traceHead.test(text)) return lines[0]?.trim() ?? '';
  // Frames of a traceback are indented; the exception is the last line that is not.
  return lines.findLast((line) => !/^\s/.test(line))?.trim() ?? '';
}
