import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../plugins/clock.ts';
import {
  combineCheckers,
  createLocalAccessChecker,
  exceptReserved,
} from '../plugins/noetl-auth/access/access-checkers.ts';
import type { CompiledGrants } from '../plugins/noetl-auth/access/decision.ts';
import { createSessions } from '../plugins/noetl-auth/session/sessions.ts';
import type { Observe } from '../plugins/observe.ts';
import type { AccessChecker, SessionStore, SessionValidator, Upstream } from '../plugins/ports.ts';
import { type CallbackRegistry, createCallbackRegistry } from './callbacks/callback-registry.ts';
import { createPlaybookDriver, type PlaybookDriver } from './callbacks/playbook-driver.ts';
import { type OwnPaths, usualPaths } from './calls/call-plan.ts';
import { storeKindOf } from './config/addresses.ts';
import { parseShadowUntil } from './config/combinations.ts';
import type { ResolvedConfig } from './config/gateway-config.ts';
import type { LoginBackend } from './config/login-ports.ts';
import { isEmailNeeded } from './config/resolve-issuers.ts';
import { Executions } from './executions/executions.ts';
import { createSessionFollower } from './identity/ask-issuer.ts';
import { createIdentityVerifier } from './identity/identity-verifier.ts';
import {
  createNoetlChecker,
  createNoetlLogin,
  createNoetlValidator,
  type NoetlSignIn,
  signInByPlaybooks,
  signInByRoutes,
} from './identity/noetl-sign-in.ts';
import {
  createLocalLogin,
  createStaticValidator,
  isSelfIssued,
  selfIssuing,
  storeOnlyValidator,
} from './identity/own-sessions.ts';
import { createRateLimits, type RateLimits } from './limits/rate-limits.ts';
import { createRedisTokenBuckets } from './limits/token-buckets.ts';
import { createUserLimits } from './limits/user-limits.ts';
import type { Tracing } from './observe/tracing.ts';
import type { SharedStore } from './stores/shared-store.ts';
import { openLiveStore, openStore } from './stores/store-adapters.ts';
import { atOwnPaths, ofClass } from './upstream/own-calls.ts';
import { createUpstream, type UpstreamClient } from './upstream/upstream.ts';

/** Everything behind the ports, as a config chooses it. */
export interface Parts {
  readonly upstream: UpstreamClient;
  readonly store: SessionStore;
  /** Results that wait for their clients; in the session store's server. */
  readonly liveStore: SharedStore;
  readonly sessions: ReturnType<typeof createSessions>;
  readonly checker: AccessChecker;
  readonly verifier: ReturnType<typeof createIdentityVerifier>;
  readonly login: LoginBackend;
  readonly validator: SessionValidator;
  readonly callbacks: CallbackRegistry;
  readonly limits: RateLimits;
}

/** Bounds for finished auth playbooks: small, since they are not read again. */
const ownExecutionBytes = 256 * 1024;

/** The inputs of adapters. */
interface AdapterOptions {
  readonly config: ResolvedConfig;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly upstream: Upstream;
  readonly driver: PlaybookDriver;
}

/**
 * The one place that chooses adapters: session store, validator, login backend, access checker, rate limits.
 * @param own how NoETL takes the gateway's own calls
 */
export async function compose(
  config: ResolvedConfig,
  clock: Clock,
  observe: Observe,
  own: OwnPaths = usualPaths,
  grants: () => CompiledGrants = () => config.compiledGrants,
  tracing?: Tracing,
): Promise<Parts> {
  const { auth } = config;
  const limits = openLimits(config, clock, observe);
  // One client for all calls, so that limits of users and breakers count every way in.
  const client = createUpstream({ ...config.upstream, limits: config.limits, allow: limits.allow, observe, clock });
  const upstream = tracing?.upstream(client) ?? client;
  // Logins must not wait behind the calls of users.
  const forAuth = ofClass(upstream, 'auth');
  // In this process: only the replica that has started an auth playbook can be answered (ADR 0009).
  const callbacks = createCallbackRegistry({ clock, observe });
  const driver = openDriver(config, clock, observe, callbacks, atOwnPaths(forAuth, own));
  const given: AdapterOptions = { config, clock, observe, upstream: forAuth, driver };
  const store =
    (await config.adapters.sessionStore?.({ upstream: forAuth, clock, observe })) ?? (await openStore(config, clock));
  const verifier = createIdentityVerifier({
    issuers: auth.issuers,
    mode: auth.jwtMode,
    shadowUntilMs: parseShadowUntil(auth.jwtShadowUntil),
    clock,
    observe,
    email: isEmailNeeded(auth.login) ? 'needed' : 'optional',
  });
  const validator = chooseValidator(given);
  const sessions = createSessions({
    store,
    validator,
    follower: createSessionFollower(verifier.known),
    clock,
    options: config.sessions,
    limits: config.limits,
    observe,
  });
  return {
    upstream,
    store,
    liveStore: await openLiveStore(config, clock),
    sessions,
    checker: chooseChecker(given, grants),
    verifier,
    login: chooseLogin(given),
    validator,
    callbacks,
    limits: limits.rates,
  };
}

/** Runs the auth playbooks; their executions are watched apart from those of users, on the calls for auth. */
function openDriver(
  { auth, executions, listen }: ResolvedConfig,
  clock: Clock,
  observe: Observe,
  callbacks: CallbackRegistry,
  upstream: Upstream,
): PlaybookDriver {
  return createPlaybookDriver({
    upstream,
    callbacks,
    executions: new Executions({
      upstream,
      clock,
      pause: (ms) => sleep(ms),
      basePath: usualPaths.executions,
      keepBytes: ownExecutionBytes,
      staleMs: executions.staleMs,
      maxWatches: executions.maxWatches,
    }),
    internalUrl: listen.internalUrl,
    timeoutMs: auth.playbooks.timeoutMs,
    observe,
  });
}

/** Shared by replicas where the session store is: its Redis also counts. */
function openLimits({ sessions: { store, namespace }, limits }: ResolvedConfig, clock: Clock, observe: Observe) {
  const redis = storeKindOf(store) === 'redis' ? connectForLimits(store) : undefined;
  const shared = redis && createRedisTokenBuckets(redis, `noetl-gateway:${namespace}:bucket`);
  return {
    rates: createRateLimits({ ...limits, namespace, redis }),
    allow: createUserLimits({ limits, clock, observe, ...(shared && { shared }) }),
  };
}

/** The client is loaded only when it is needed. */
async function connectForLimits(url: string) {
  const { connectRedis } = await import('./stores/redis-connection.ts');
  return connectRedis({ url, timeoutMs: 250, name: 'noetl-gateway-limits' });
}

/** NoETL's sign-in as an option of the config names it. */
function noetlSignIn(kind: string, { config, upstream, driver }: AdapterOptions): NoetlSignIn {
  const { playbooks } = config.auth;
  return kind === 'http'
    ? signInByRoutes(upstream, playbooks.sessionDbCredential, playbooks.timeoutMs)
    : signInByPlaybooks(driver, playbooks);
}

/**
 * Who is asked about a session that the store does not know. A custom validator comes first; sessions of the gateway's
 * own are known to no one else, so then no one is asked.
 */
function chooseValidator(given: AdapterOptions): SessionValidator {
  const { config, clock, observe, upstream } = given;
  const own = config.adapters.validator?.({ upstream, clock, observe });
  if (own !== undefined) return own;
  const { auth, sessions, mode } = config;
  const bounds = { clock, maxSessionMs: sessions.maxMs };
  if (auth.validator.kind === 'static') return createStaticValidator(auth.validator.users, mode, bounds);
  if (isSelfIssued(auth.login)) return storeOnlyValidator;
  return createNoetlValidator(noetlSignIn(auth.validator.kind, given), bounds);
}

/** Users log in by `auth.login`; clients get a session of the gateway, because NoETL has no users for them. */
function chooseLogin(given: AdapterOptions): LoginBackend {
  const { config, clock } = given;
  const local = createLocalLogin({ clock, maxSessionMs: config.sessions.maxMs });
  const people = loginOfPeople(given, local);
  return {
    login: (request, identity, rules) =>
      (identity.isMachine && rules.machines !== undefined ? local : people).login(request, identity, rules),
  };
}

/** The login of users, by `auth.login`. */
function loginOfPeople(given: AdapterOptions, local: LoginBackend): LoginBackend {
  const { config, clock, observe, upstream } = given;
  const { auth, sessions } = config;
  switch (auth.login.kind) {
    case 'local':
      return local;
    case 'custom': {
      const own = config.adapters.login?.({ upstream, clock, observe }) ?? local;
      return isSelfIssued(auth.login) ? selfIssuing(own) : own;
    }
    case 'http':
    case 'playbook':
      return createNoetlLogin(noetlSignIn(auth.login.kind, given), { clock, maxSessionMs: sessions.maxMs });
  }
}

/**
 * The config's checker, or one that asks NoETL; with `both` the grants must allow as well. Reserved paths are refused
 * by each of them.
 */
function chooseChecker(given: AdapterOptions, grants: () => CompiledGrants): AccessChecker {
  const { config, clock, observe, upstream } = given;
  const { auth, compiledGrants } = config;
  const { reserved } = compiledGrants;
  const local = createLocalAccessChecker(grants);
  const custom = config.adapters.accessChecker?.({ upstream, clock, observe });
  if (custom === undefined && auth.access.checker === 'local') return local;
  const asked =
    custom === undefined
      ? createNoetlChecker(noetlSignIn(auth.access.checker, given), {
          cacheTtlMs: auth.access.cacheTtlMs,
          clock,
          reserved,
        })
      : exceptReserved(custom, reserved);
  return auth.access.combine === 'both' ? combineCheckers(local, asked) : asked;
}
