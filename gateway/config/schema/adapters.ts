import type { Clock } from '../../../plugins/clock.ts';
import type { Observe } from '../../../plugins/observe.ts';
import type { AccessChecker, LoginBackend, SessionStore, SessionValidator, Upstream } from '../../../plugins/ports.ts';
import { code } from './field.ts';
import { section } from './node.ts';

/** The input of a custom adapter: the same as that of the gateway's own. */
export interface AdapterGiven {
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly observe: Observe;
}

/** Stages with custom adapters. Each is made once, at start; throwing there stops the start. */
export const adapters = section({
  sessionStore: code<(given: AdapterGiven) => SessionStore | Promise<SessionStore>>({
    optional: true,
    doc: 'replaces the session store',
  }),
  validator: code<(given: AdapterGiven) => SessionValidator>({ optional: true, doc: 'replaces `auth.validator`' }),
  login: code<(given: AdapterGiven) => LoginBackend>({ optional: true, doc: 'replaces `auth.login`' }),
  accessChecker: code<(given: AdapterGiven) => AccessChecker>({
    optional: true,
    doc: 'replaces `auth.access.checker`; with `auth.access.combine: both` the grants here must allow, too',
  }),
});
