import { GatewayClientError, type GraphqlProblem } from './client-shapes.ts';

export interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly GraphqlProblem[];
}

export function graphqlError(
  status: number,
  { errors: problems = [], data }: GraphqlAnswer,
  retryAfterSecs?: number,
): GatewayClientError {
  const [first] = problems;
  const message = first?.message ?? 'The gateway refused the request.';
  const more = { status, retryAfterSecs, problems, data };
  return new GatewayClientError(first?.extensions?.code ?? 'ERR_ANSWER', message, more);
}

/** A JSON object in which integers that a double would change become text. Undefined when it is not an object. */
export function parseObject(text: string): object | undefined {
  const exact = /\d{16}/.test(text) ? text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g, quoteLongInteger) : text;
  try {
    const value: unknown = JSON.parse(exact);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function quoteLongInteger(token: string): string {
  return /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token;
}
