import { cleanedText, storedText } from './cleaned-text.ts';
import { isJsonObject, type JsonObject, textMember } from './json-object.ts';

/** The message for a result that NoETL does not have, without a reason. */
export const notStored = 'NoETL did not store the result of this step';

/** The message for a failed execution where reasons are hidden, or no reason is known. */
export const failedText = 'the execution failed';

/** Why a step failed, as NoETL stored it. `text` is not for callers before it is cleaned. */
export interface Reason {
  readonly text: string;
  readonly code: string | undefined;
  readonly httpStatus: number | undefined;
  readonly retryable: boolean | undefined;
}

/** A reason of the gateway's own. */
export const plainReason = (text: string): Reason => ({
  ...{ text, code: undefined, httpStatus: undefined, retryable: undefined },
});

/** What NoETL writes in place of a reason that a tool has given in other members, or has not given. */
const unspecific = 'Tool returned error status';
const unknownReason = 'the tool of this step reported an error, and NoETL keeps no reason of it';

/**
 * The reason by an event of a failed step.
 * @param text the event's error
 * @param context the failed result's members, as far as the event has them: the reason may stand there alone
 */
export function reasonOf(text: string | undefined, context: JsonObject = {}): Reason | undefined {
  const { error } = context;
  const named = isJsonObject(error) ? error : {};
  const texts = [text, textMember(context, 'error'), textMember(named, 'message'), textMember(context, 'message')];
  const said = texts.find((each) => each !== undefined && each.trim() !== '' && each !== unspecific);
  if (said === undefined && text === undefined) return undefined;
  const cause = causeOf(said ?? '');
  const httpStatus = [named, context].map(({ status_code }) => status_code).find(isHttpStatus);
  return {
    text: said ?? (httpStatus === undefined ? unknownReason : `the call of this step was answered ${httpStatus}`),
    code: codeOf(named['code'] ?? context['code'] ?? context['error_code']) ?? cause?.code,
    httpStatus,
    retryable: [named, context].map(({ retryable }) => retryable).find(isBoolean) ?? cause?.retryable,
  };
}

const codeOf = (code: unknown): string | undefined =>
  typeof code === 'number' || (typeof code === 'string' && /^[\w.-]{1,100}$/.test(code)) ? `${code}` : undefined;
const isHttpStatus = (status: unknown): status is number =>
  typeof status === 'number' && Number.isInteger(status) && status >= 100 && status < 600;
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';

/** The worker could not hand over what a step gave. What follows is the reason of its HTTP client, which may be empty. */
const handOver = /Batch event emission failed:([\s\S]*)/;
const outage =
  /^$|connection attempts failed|disconnected|connection (?:reset|refused|closed)|timed? ?out|^code=\w+ message=|'(?:429|50[234])\b/i;
const tooLarge = /'(4(?:13|22)[\w ]*)'/;
const answered = /'(\d{3}[\w ]*)'/;

/** What NoETL says of a result that it could not store; undefined for every other text. */
function causeOf(text: string): Omit<Reason, 'httpStatus'> | undefined {
  const lost = { code: 'RESULT_NOT_STORED', retryable: false };
  const because = (cause: string) => ({ ...lost, text: `NoETL could not store the result of this step: ${cause}` });
  if (text.includes('unsupported Unicode escape sequence')) return because('it holds a NUL character');
  const cause = handOver.exec(text.slice(0, 20_000))?.[1]?.trim();
  if (cause === undefined) return undefined;
  if (outage.test(cause)) {
    const said = cause === '' || cause.includes("'") ? '' : ` (${cleanedText(cause)})`;
    const message = `NoETL could not be reached when this step ended, so its result is lost${said}`;
    return { code: 'NOETL_UNAVAILABLE', retryable: true, text: message };
  }
  const [, size] = tooLarge.exec(cause) ?? [];
  if (size !== undefined) return because(`it is larger than NoETL takes (${size})`);
  const [, status] = answered.exec(cause) ?? [];
  return because(status === undefined ? cleanedText(cause) : `NoETL answered ${status}`);
}

/** How callers read errors: not at all, cleaned, or as NoETL stored them. */
export type ErrorView = 'hidden' | 'shown' | 'full';

/** The error of a failed step for callers; see {@link cleanedText} and {@link storedText}. */
export function failureText(text: string, view: ErrorView = 'shown'): string {
  if (view === 'hidden') return failedText;
  if (view === 'full') return storedText(text);
  return causeOf(text)?.text ?? (cleanedText(text) || 'the step failed');
}
