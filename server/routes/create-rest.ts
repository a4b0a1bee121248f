import type { Clock } from '../../core/clock.ts';
import type { ResolvedConfig } from '../../core/config/resolved-config.ts';
import type { Observe } from '../../core/observe.ts';
import { createAuthenticator } from '../../plugins/noetl-auth/authenticator.ts';
import { createLoginCodes } from '../auth/browser/login-codes.ts';
import { createSignIn } from '../auth/login/sign-in.ts';
import type { Parts } from '../compose.ts';
import type { Exchange } from '../http/exchange.ts';
import { readHeaderOf } from '../http/header-values.ts';
import { guessLimit } from '../rate-limit/guess-limit.ts';
import { createBackchannelLogout } from './backchannel-logout.ts';
import { createBrowserLogin } from './browser-login.ts';
import { createCheckAccess } from './check-access.ts';
import { createExchangeCode } from './exchange-code.ts';
import { createLogin } from './login.ts';
import { createLogout } from './logout.ts';
import { createRestRoutes } from './rest-routes.ts';
import { createValidate } from './validate.ts';

/** The REST routes with their handlers. `checkCookieOrigin` throws for a cookie that another site sent along. */
export function createRest(
  config: ResolvedConfig,
  parts: Parts,
  observe: Observe,
  clock: Clock,
  checkCookieOrigin: (exchange: Exchange) => void,
) {
  const { sessions, limits, checker, verifier, login } = parts;
  const { setCookie } = config.auth;
  const maxSessionMs = config.sessions.maxMs;
  const signIn = createSignIn({ verifier, backend: login, sessions, limits, observe, maxSessionMs });
  const { known } = verifier;
  const codes = createLoginCodes(parts.store, clock);
  const authenticate = createAuthenticator({ sessions, observe });
  return createRestRoutes({
    maxBodyBytes: config.limits.bodyBytes,
    handlers: {
      login: createLogin({ signIn, setCookie }),
      validate: createValidate({ sessions, limits, observe }),
      checkAccess: createCheckAccess({ sessions, checker, limits, observe }),
      logout: createLogout({ sessions, observe, setCookie, known }),
      ...createBrowserLogin({ known, signIn, codes, limits, observe, publicUrl: config.listen.publicUrl }),
      exchangeCode: createExchangeCode({ codes, sessions, limits, observe }),
      backchannelLogout: createBackchannelLogout({ known, sessions, limits, observe, clock }),
      health: async () => 'ok',
    },
    requireCaller: async (exchange) => {
      const found = await authenticate(readHeaderOf(exchange.request), guessLimit(limits, exchange.clientIp, observe));
      if ('refused' in found) throw found.refused;
      if (found.source === 'cookie') checkCookieOrigin(exchange);
      return found.caller;
    },
  });
}
