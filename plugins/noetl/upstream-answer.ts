import { type ArgumentBounds, boundsText } from '../argument-bounds.ts';
import { GatewayError } from '../errors.ts';
import type { UpstreamReply } from '../ports.ts';
import { failureText } from './failure-text.ts';
import { isJsonObject, type JsonObject, textMember } from './json-object.ts';

/**
 * The body of a successful answer; undefined when it has no body.
 * @param missing the message of a 404 to the caller
 * @throws ERR_NOT_SUPPORTED (404 of a missing route), ERR_NOT_FOUND (404), ERR_REQUEST_INVALID (400, 409, 413, 422), ERR_UPSTREAM (everything else, and answers that
 *   report a failure with status 200); never with text of the upstream, except the names of refused arguments and the numbers of
 *   their bounds
 */
export function answerOf(reply: UpstreamReply, missing = 'not found'): unknown {
  const { status, body } = reply;
  if (status >= 200 && status < 300) {
    if (isFailureReport(body)) throw new GatewayError('ERR_UPSTREAM', 'NoETL reported a failure');
    return body;
  }
  if (isMissingRoute(reply))
    throw new GatewayError('ERR_NOT_SUPPORTED', 'this release of NoETL does not offer this operation');
  if (status === 404) throw new GatewayError('ERR_NOT_FOUND', missing);
  if (status === 400 || status === 409 || status === 413 || status === 422) {
    throw new GatewayError('ERR_REQUEST_INVALID', `NoETL does not accept these arguments${refusedArguments(body)}`);
  }
  const retry = status === 429 || status === 503 ? { retryAfterSecs: 2 } : {};
  throw new GatewayError('ERR_UPSTREAM', 'NoETL could not answer', { cause: `status ${status}`, ...retry });
}

/** Arguments that one message names. */
const maxNamed = 5;

/** Names and bounds from the list of the Python server's framework. Its sentences and values repeat the caller's input. */
function refusedArguments(body: unknown): string {
  const detail = isJsonObject(body) && Array.isArray(body['detail']) ? body['detail'].slice(0, maxNamed) : [];
  const named = detail.filter(isJsonObject).flatMap(({ loc, ctx }) => {
    const name: unknown = Array.isArray(loc) ? loc.at(-1) : undefined;
    const bounds = isJsonObject(ctx) ? boundsText(boundsIn(ctx)) : '';
    return typeof name === 'string' && /^[A-Za-z_]\w{0,63}$/.test(name) && bounds !== ''
      ? [`${name} must be ${bounds}`]
      : [];
  });
  return named.length === 0 ? '' : `: ${named.join('; ')}`;
}

const boundNames = { ge: 'minimum', le: 'maximum', min_length: 'minLength', max_length: 'maxLength' } as const;

const boundsIn = (context: JsonObject): ArgumentBounds =>
  Object.fromEntries(
    Object.entries(boundNames).flatMap(([wire, name]) =>
      typeof context[wire] === 'number' ? [[name, context[wire]]] : [],
    ),
  );

/**
 * Whether a 404 is about the route and not about what was asked for: the Python server's framework answers
 * `{"detail": "Not Found"}` then, the Rust server's an empty body.
 */
export function isMissingRoute({ status, body }: UpstreamReply): boolean {
  if (status !== 404) return false;
  return body === undefined || body === '' || (isJsonObject(body) && body['detail'] === 'Not Found');
}

/** Some routes answer 200 with `status: "error"`, or with an `error` that is not an execution's own. */
function isFailureReport(body: unknown): boolean {
  if (!isJsonObject(body)) return false;
  if (body['status'] === 'error') return true;
  return typeof body['error'] === 'string' && body['error'] !== '' && !Object.hasOwn(body, 'execution_id');
}

/** The same, for answers that must be an object. @throws ERR_UPSTREAM also when it is not an object */
export function objectAnswer(reply: UpstreamReply, missing?: string): Readonly<Record<string, unknown>> {
  const body = answerOf(reply, missing);
  if (!isJsonObject(body))
    throw new GatewayError('ERR_UPSTREAM', 'NoETL answered in a form that the gateway does not know');
  return body;
}

/** psycopg_pool's `TooManyRequests`, which NoETL's Python server passes on in a 500. */
const fullPool = /has already \d+ requests waiting/;

/** Whether NoETL refused a call because its own queue for database connections is full. It did nothing then. */
export function isBusyAnswer({ status, body }: Pick<UpstreamReply, 'status' | 'body'>): boolean {
  return status >= 500 && body !== undefined && fullPool.test(JSON.stringify(body));
}

/**
 * The answer to a start of a playbook.
 * @throws ERR_NOT_FOUND with the words `playbook not found`; ERR_REQUEST_INVALID with NoETL's sentence on a playbook that
 *   cannot run (422 with a sentence; a list of fields echoes the caller's input and is not repeated); ERR_OVERLOADED when
 *   too many starts wait already; ERR_UPSTREAM
 */
export function startAnswer(reply: UpstreamReply): Readonly<Record<string, unknown>> {
  const sentence = sentenceOf(reply);
  if (reply.status === 422 && sentence !== undefined) {
    throw new GatewayError('ERR_REQUEST_INVALID', `NoETL cannot run this playbook: ${failureText(sentence)}`);
  }
  if (reply.status === 500 && sentence !== undefined && /already \d+ requests waiting/.test(sentence)) {
    throw new GatewayError('ERR_OVERLOADED', 'NoETL has too many starts waiting; nothing was started; try again', {
      retryAfterSecs: 2,
    });
  }
  return objectAnswer(reply, 'playbook not found');
}

function sentenceOf({ body }: UpstreamReply): string | undefined {
  if (typeof body === 'string') return body;
  return isJsonObject(body) ? (textMember(body, 'detail') ?? textMember(body, 'error')) : undefined;
}

/** One change, and what it is about: a field, an operation or a grant. */
export interface UpstreamLine {
  readonly subject: string;
  readonly message: string;
}

/** An operation of NoETL that no row opens. It has either `row`, to be copied into the config, or `why`: it is not to be opened. */
export interface ClosedOperation {
  /** `METHOD /path`, as the document writes it. */
  readonly operation: string;
  /** Its effect, in words; absent for an operation without a special kind. */
  readonly does?: string;
  readonly row?: string;
  readonly why?: string;
  /** The pulled document does not have it. */
  readonly isNew: boolean;
}

/** The changes by NoETL's live document, and the closed operations. */
export interface UpstreamReport {
  /** Something open stops working. */
  readonly breaks: readonly UpstreamLine[];
  /** Opens more, or may stop something. */
  readonly decide: readonly UpstreamLine[];
  /** New arguments and members of what is open; closed until `generate --accept <field>`. */
  readonly added: readonly (UpstreamLine & { readonly accept: string })[];
  /** Other changes of what is open. */
  readonly harmless: readonly UpstreamLine[];
  /** Operations that were closed and are gone, or changed. */
  readonly closedGone: readonly string[];
  readonly closedChanged: readonly string[];
  readonly closed: readonly ClosedOperation[];
}

/** The document that the schema was generated from. */
export interface PulledDocument {
  /** A URL or the name of a file. */
  readonly source?: string;
  /** ISO 8601. */
  readonly date?: string;
  readonly operations?: number;
}
