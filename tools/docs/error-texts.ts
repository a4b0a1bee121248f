import type { ErrorCode } from '../../plugins/errors.ts';

/** The texts of one code, in Markdown. Links are as from docs/reference. */
export interface ErrorText {
  /** Part of a sentence, as the table of all codes has it. */
  readonly means: string;
  /** What it usually comes from, part of a sentence. */
  readonly causes: string;
  /** What to do, as whole sentences. */
  readonly next: string;
}

/**
 * What each code means to the person who meets it. The type asks for a text of each code, so that a new one cannot be
 * without. Status and whether to try again are not here: `plugins/errors.ts` has them.
 */
export const errorTexts: Readonly<Record<ErrorCode, ErrorText>> = {
  ERR_REQUEST_INVALID: {
    means: 'the request or one of its arguments is wrong; the message names the place',
    causes:
      'a missing argument, a wrong type, a value outside the bounds that the message names, a body that is not JSON, or a value that NoETL would evaluate as a template',
    next: 'Correct the request. The arguments are in [the schema](../generated/schema.md) and in [REST](rest.md).',
  },
  ERR_QUERY_REFUSED: {
    means: 'the GraphQL document is deeper, wider or more costly than the limits allow',
    causes: 'many aliases, deep nesting, large pages in lists of lists, or several operations in one request',
    next: 'Split the query. The operator sets `limits` in [the configuration](../configure.md#every-setting).',
  },
  ERR_NOT_FOUND: {
    means: 'the resource does not exist, or the caller may not see it; the response is the same for both',
    causes:
      'a wrong id or path, an execution of a playbook without a `view` or `execute` grant, or a URL without a route',
    next: 'Check the id. An operator finds the reason with `npm run explain` or under Explain in [the console](../console.md).',
  },
  ERR_METHOD: {
    means: 'this path does not accept this HTTP method',
    causes: 'a mutation sent by `GET`, or a `GET` of a route that requires `POST`',
    next: 'Use a method from the header `Allow`.',
  },
  ERR_BODY_TOO_LARGE: {
    means: 'the body of the request is larger than `limits.bodyBytes`',
    causes: 'files or large texts in variables',
    next: 'Send a reference instead of the content, or raise the limit.',
  },
  ERR_MEDIA_TYPE: {
    means: 'the body has a content type that this path does not read',
    causes: 'a request without `content-type: application/json`',
    next: 'Send JSON, and name it in `content-type`.',
  },
  ERR_RATE_LIMITED: {
    means: 'this caller, or this address, has sent too many requests',
    causes:
      'a loop without a pause, many refused logins from one address, or many users behind one proxy that is not trusted',
    next: 'Wait `Retry-After` seconds. Behind a proxy set `GATEWAY_TRUSTED_PROXIES`: see [Deploying](../deploy.md#behind-an-ingress-or-a-gateway).',
  },
  ERR_TOKEN_MISSING: {
    means: 'the request has no session token',
    causes: 'a missing `Authorization` header, or a proxy that removes it',
    next: 'Send `Authorization: Bearer <session token>`; `POST /api/auth/login` returns one.',
  },
  ERR_TOKEN_MALFORMED: {
    means: 'the session token has an invalid form',
    causes: 'blanks or line breaks from copying, or two tokens in one header',
    next: 'Copy the token again, without `Bearer` twice.',
  },
  ERR_SESSION_INVALID: {
    means: 'there is no session with this token',
    causes:
      'the session expired or was ended, an identity token was sent in place of a session token, or the gateway restarted with sessions in memory',
    next: 'Log in again. Apps: [`onUnauthorized`](../build-an-app.md#sessions).',
  },
  ERR_LOGIN_REJECTED: {
    means: 'the gateway does not accept the identity token for a login',
    causes: 'an issuer or audience that is not configured, an expired token, or an e-mail address that is not verified',
    next: 'Run `npm run doctor -- --login < token.txt`: it prints the reason. [Identity providers](../identity.md) explains each one.',
  },
  ERR_ACCESS_DENIED: {
    means: 'the session is valid, but no grant allows this call',
    causes: 'a missing grant, a `deny` grant, a reserved path, or a field for another role',
    next: 'Ask an operator, who finds the grant with `npm run explain` or [the console](../console.md). Apps ask first with `checkAccess`.',
  },
  ERR_ORIGIN_REFUSED: {
    means: 'a page of another site may not use the session cookie',
    causes: 'an app on another origin that relies on the cookie',
    next: 'Add the origin to `CORS_ALLOWED_ORIGINS` with `CORS_ALLOW_CREDENTIALS=true`, or send the token in `Authorization`.',
  },
  ERR_INTERNAL: {
    means: 'the gateway has a defect, or NoETL answered in a form that the document does not describe',
    causes: 'a new release of NoETL with another answer, or a custom rule or adapter that threw',
    next: 'Find the log line with the `x-request-id` of the answer. Then [pull the new document](../regenerate.md), or report it.',
  },
  ERR_RESULT_TOO_LARGE: {
    means: 'the result of the execution is larger than the gateway sends',
    causes: 'a playbook that returns whole files or tables',
    next: 'Return a reference, or raise the limits under `results` in [the configuration](../configure.md#every-setting).',
  },
  ERR_RESULT_LOST: {
    means: 'a step ended, and NoETL did not store its result; the message has the reason where NoETL gives one',
    causes: 'a NUL character in a result, or a database that refused the write',
    next: 'Change what the step returns that the message names. [Executions](../executions.md) lists what NoETL cannot store.',
  },
  ERR_RUN_FAILED: {
    means:
      'a run that a REST call of an action has waited for failed or was cancelled; the message has the reason that NoETL stored',
    causes: 'a step of the playbook failed',
    next: 'Read the run: `GET /actions/<name>/runs/<id>`, or its steps by `execution(id)`.',
  },
  ERR_OUTPUT_SHAPE: {
    means: 'a run of an action completed, and its result is not what the action declares; the message names the place',
    causes: 'the playbook changed, or the types of the action are wrong',
    next: 'Change `output` or `from` of the action in `gateway.config.ts`, or the playbook; `execution(id)` shows the whole result.',
  },
  ERR_NOT_SUPPORTED: {
    means: 'the running NoETL release does not have this operation',
    causes: 'an older or newer release than the pulled document',
    next: '`npm run doctor` reports drift; [pull and generate](../regenerate.md).',
  },
  ERR_UPSTREAM: {
    means: 'NoETL did not answer, or answered with an error',
    causes: 'NoETL is down or restarting, a wrong `NOETL_BASE_URL`, or a NetworkPolicy',
    next: 'Try again later. Operators: the log line has `dependency: "noetl"` and `next`: see [the runbook](../runbook.md#calls-answer-err_upstream).',
  },
  ERR_AUTH_UNAVAILABLE: {
    means: 'the gateway could not decide a login or a check of a session; it refused neither',
    causes:
      'NoETL cannot reach `GATEWAY_INTERNAL_URL`, an auth playbook is missing, or the identity provider does not answer',
    next: 'Try again later. Operators: [the runbook](../runbook.md#logins-answer-503).',
  },
  ERR_STORE: {
    means: 'the session store does not answer',
    causes: 'Redis or NATS is down, a wrong password, or a NetworkPolicy',
    next: 'Operators: [the runbook](../runbook.md#pods-are-not-ready).',
  },
  ERR_EVENT_FEED: {
    means: 'the stream of events could not be opened or continued',
    causes: 'the store of events does not answer',
    next: 'Connect again after `Retry-After`; results are replayed: see [Events](../events.md).',
  },
  ERR_OVERLOADED: {
    means: 'this replica has no room for the request now',
    causes: 'more requests than `limits` allow at once, a circuit breaker that is open, or a replica that is stopping',
    next: 'Wait `Retry-After` seconds. Operators: [the runbook](../runbook.md#many-503-and-429).',
  },
  ERR_UPSTREAM_TIMEOUT: {
    means: 'NoETL did not answer in time; a start may have happened',
    causes: 'a busy NoETL, or a timeout that is too short for the call',
    next: 'Look for the execution in `executions` before you start it again.',
  },
  ERR_CONFIG_INVALID: {
    means: 'the configuration, a variable or an argument of a command is wrong; every problem has its own line',
    causes: 'a missing variable, an unknown name, two values that do not fit together, or a port that is taken',
    next: 'Correct each line. `npm run doctor` checks the result.',
  },
  ERR_SPEC_INVALID: {
    means: 'the OpenAPI document cannot be read',
    causes: 'an HTML page in place of the document, a broken reference, or a file that is not OpenAPI',
    next: 'Check the URL in a browser; NoETL has the document at `/openapi.json`.',
  },
  ERR_SPEC_UNSUPPORTED: {
    means: 'the OpenAPI document uses a version or a form that is not supported',
    causes: 'Swagger 2.0, or a reference to another server',
    next: 'Pull the document of a supported release: see [Regenerating](../regenerate.md).',
  },
  ERR_POLICY_INVALID: {
    means: 'grants, rules and schema do not fit together',
    causes: 'a row without `npm run generate`, a grant for an unknown role, or a policy file with a wrong member',
    next: 'Correct each line; `npx noetl-gateway policy lint` finds more.',
  },
  ERR_OUTPUT_STALE: {
    means: 'generated files differ from what `generate` would write',
    causes:
      'a change of `gateway.config.ts` or of the document without `npm run generate`, or an edit of a generated file',
    next: 'Run `npm run generate`, read the diff, commit.',
  },
};
