import type { Clock } from '../../core/clock.ts';
import type { ResolvedConfig } from '../../core/config/resolved-config.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Observe } from '../../core/observe.ts';
import { createLoginCodes } from '../auth/browser/login-codes.ts';
import { createSignIn } from '../auth/login/sign-in.ts';
import type { Parts } from '../compose.ts';
import { type Answer, json, plainText } from '../http/answer.ts';
import type { SessionTickets } from '../live/session-tickets.ts';
import { createBackchannelLogout } from './backchannel-logout.ts';
import { createBrowserLogin } from './browser-login.ts';
import { createCheckAccess } from './check-access.ts';
import { createExchangeCode } from './exchange-code.ts';
import { createListProviders } from './list-providers.ts';
import { createLogin } from './login.ts';
import { createLogout } from './logout.ts';
import type { RequireCaller } from './require-caller.ts';
import { createRestRoutes } from './rest-routes.ts';
import { createTicket } from './ticket.ts';
import { createValidate } from './validate.ts';

/** Answers that are the same for every caller. */
export interface RestDocuments {
  readonly contract: Readonly<Record<string, unknown>>;
  /** OpenAPI as YAML; undefined where the project was generated without it. */
  readonly openapi: string | undefined;
}

/** The inputs of the handlers. */
export interface RestGiven {
  readonly config: ResolvedConfig;
  readonly parts: Parts;
  readonly observe: Observe;
  readonly clock: Clock;
  readonly requireCaller: RequireCaller;
  readonly tickets: SessionTickets;
  readonly documents: RestDocuments;
}

/** The REST routes with their handlers. Paths, bodies and answers are those of the generated table. */
export function createRest({ config, parts, observe, clock, requireCaller, tickets, documents }: RestGiven) {
  const { sessions, limits, checker, verifier, login } = parts;
  const { setCookie } = config.auth;
  const maxSessionMs = config.sessions.maxMs;
  const signIn = createSignIn({ verifier, backend: login, sessions, limits, observe, maxSessionMs });
  const { known } = verifier;
  // In the session store, so that any replica can redeem them.
  const codes = createLoginCodes(parts.store, clock);
  return createRestRoutes({
    maxBodyBytes: config.limits.bodyBytes,
    handlers: {
      login: createLogin({ signIn, setCookie }),
      validate: createValidate({ sessions, limits, observe }),
      checkAccess: createCheckAccess({ sessions, checker, limits, observe }),
      logout: createLogout({ sessions, observe, setCookie, known }),
      ...createBrowserLogin({ known, signIn, codes, limits, observe, publicUrl: config.listen.publicUrl }),
      listProviders: createListProviders(known, config.listen.publicUrl),
      exchangeCode: createExchangeCode({ codes, sessions, limits, observe }),
      backchannelLogout: createBackchannelLogout({ known, sessions, limits, observe, clock }),
      ticket: createTicket({ tickets, limits, observe }),
      runtimeContract: async () => json(200, documents.contract),
      restDocument: async () => yaml(documents.openapi),
      // It asks nothing: a probe that depends on NoETL would restart every replica in an outage.
      health: async () => 'ok',
    },
    requireCaller,
  });
}

function yaml(document: string | undefined): Answer {
  if (document !== undefined) return plainText(200, document, { 'content-type': 'application/yaml; charset=utf-8' });
  throw new GatewayError('ERR_NOT_FOUND', 'this project has no docs/generated/rest.yaml; run: noetl-gateway generate');
}
