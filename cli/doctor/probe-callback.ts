import { GatewayError } from '../../plugins/errors.ts';

/** What answers at `GATEWAY_INTERNAL_URL`. */
export type CallbackPlace = 'internal' | 'public' | 'other';

/**
 * Asks the address that playbooks call back, with a call that only the internal listener answers.
 * @param internalUrl without a slash at its end
 * @throws GatewayError ERR_AUTH_UNAVAILABLE with the system's code when nothing answers in time
 */
export async function probeCallback(internalUrl: string, fetch: typeof globalThis.fetch): Promise<CallbackPlace> {
  const get = (path: string) => fetch(internalUrl + path, { redirect: 'manual', signal: AbortSignal.timeout(5_000) });
  try {
    // Both listeners answer `/health`, and only the internal one `/ready`, so that is asked first.
    const ready = await get('/ready');
    const body: unknown = await ready.json().catch(() => undefined);
    if (typeof body === 'object' && body !== null && 'ready' in body) return 'internal';
    return (await (await get('/health')).text()) === 'ok' ? 'public' : 'other';
  } catch (error) {
    throw new GatewayError('ERR_AUTH_UNAVAILABLE', codeOf(error), { cause: error });
  }
}

/** The code of the system, which is in the cause of an error of `fetch`. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.name : 'unknown';
}
