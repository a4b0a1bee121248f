import { json } from '../http/answer.ts';
import type { KnownIssuer } from '../identity/judge-token.ts';
import type { Handlers } from './generated/routes.gen.ts';
import type { RestContext } from './rest-context.ts';

/**
 * `GET /api/auth/providers?return=<address>`: the providers that may return to an address, compared character by
 * character; no others are named.
 * @param publicUrl how browsers reach the gateway; without it no provider logs in browsers.
 */
export function createListProviders(
  known: readonly KnownIssuer[],
  publicUrl: string | undefined,
): Handlers<RestContext>['listProviders'] {
  return async ({ exchange }) => {
    const address = new URLSearchParams(exchange.search).get('return') ?? '';
    const usable = known.filter(({ rules }) => rules.browser?.returnTo.includes(address) === true);
    const providers = usable.flatMap(({ rules: { name } }) => {
      if (publicUrl === undefined) return [];
      const query = new URLSearchParams({ issuer: name, return: address });
      return [{ name, start_url: `${publicUrl.replace(/\/+$/, '')}/api/auth/start?${query}` }];
    });
    return json(200, { providers });
  };
}
