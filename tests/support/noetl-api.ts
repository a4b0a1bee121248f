/** An answer of the gateway below `/noetl`. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is its own affair
  readonly body: any;
}

/** Calls NoETL's own API as a client does, with a session. */
export function noetlApi(url: string, token: string | undefined) {
  return async (method: string, path: string, body?: unknown): Promise<ApiAnswer> => {
    const answer = await fetch(url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: text === '' ? undefined : JSON.parse(text) };
  };
}
