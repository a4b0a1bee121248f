/** A request as the stand-in saw it; `body` is parsed when it is JSON. */
export interface SeenRequest {
  readonly method: string;
  /** Undecoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly body: unknown;
}

/** What a route answers with. */
export interface StandInReply {
  readonly status: number;
  /** Sent as JSON; a string is sent as text without a content type, as this server's middleware does. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `hang`: no answer ever. `reset`: the connection breaks. */
export type Interception = StandInReply | 'hang' | 'reset' | undefined;

export const ok = (body: unknown): StandInReply => ({ status: 200, body });
/** An error as FastAPI writes an HTTPException: its text, or a structure, below `detail`. */
export const detailError = (status: number, detail: unknown): StandInReply => ({ status, body: { detail } });
/** FastAPI's answer for a path without a route. */
export const notFound = detailError(404, 'Not Found');

/** A 422 of the framework, which echoes what it was sent. */
export function validationError(
  type: string,
  loc: readonly unknown[],
  msg: string,
  input: unknown,
  ctx?: Readonly<Record<string, unknown>>,
): StandInReply {
  return detailError(422, [{ type, loc, msg, input, ...(ctx === undefined ? {} : { ctx }) }]);
}

/** What a broken database makes of any request: SQL and row values in the answer. */
export const sqlError: StandInReply = detailError(
  500,
  'duplicate key value violates unique constraint "sessions_token_key"\nDETAIL:  Key (session_token)=(s3cr3t) already exists.',
);
