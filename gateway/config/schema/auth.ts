import * as v from 'valibot';
import { parsePlaybookPath } from '../../../plugins/noetl-auth/access/playbook-path.ts';
import { audience, issuerEntry } from '../issuers.ts';
import { choice, flag, integer, list, many, section, text, value, variant } from './fields.ts';

const names = v.pipe(v.array(v.string('must be a list of texts'), 'must be a list of texts'), v.readonly());
const roleMap = v.pipe(v.record(v.string(), names, 'must be an object of lists'), v.readonly());

const playbook = (name: string, env: string, doc: string) =>
  text({
    env,
    default: `api_integration/auth0/${name}`,
    doc,
    accepts: (path) => parsePlaybookPath(path) !== undefined,
    must: 'is not a catalog path',
  });

const login = variant(
  {
    playbook: {},
    http: {},
    local: {
      rolesClaim: text({ optional: true, doc: 'claim with the role names: its exact name, or a dotted path' }),
      roleMap: value(roleMap, {
        optional: true,
        doc: 'roles for each value of the claim; without it the values are the roles',
      }),
      defaultRoles: value(names, { optional: true, doc: 'roles of a user without a role' }),
      allowUserinfo: flag({
        optional: true,
        doc: 'resolve opaque access tokens at the userinfo endpoint of the trusted issuer',
      }),
    },
    custom: {
      email: choice(['needed', 'optional'], {
        optional: true,
        doc: '`needed`: `adapters.login` gets only users whose e-mail address may be used; by default `optional`',
      }),
      revalidate: flag({ optional: true, doc: 'its sessions are checked with the validator again; by default true' }),
    },
  },
  {
    default: { kind: 'playbook' },
    doc: 'makes a session of an identity; `custom` is `adapters.login`, and the default where that is given',
  },
);

const staticUser = section({
  token: text({ doc: 'session token' }),
  userId: text({ doc: 'id' }),
  displayName: text({ doc: 'name' }),
  email: text({ optional: true, doc: 'e-mail address' }),
  roles: value(names, { doc: 'roles' }),
});

const validator = variant(
  { playbook: {}, http: {}, static: { users: many(staticUser) } },
  { default: { kind: 'playbook' }, doc: 'answers whether a token that no store holds is a session' },
);

/** Settings that clients read without a session; they decide nothing. */
const clientText = (env: string, what: string) =>
  text({ env, optional: true, doc: `${what} that \`GET /api/runtime/contract\` gives to clients for their login` });

/**
 * How callers are known: issuers of identity tokens, logins, validation of sessions, access checks (docs/identity.md).
 */
export const auth = section({
  issuers: many(issuerEntry),
  trustedIssuers: list({
    env: ['GATEWAY_TRUSTED_ISSUERS', 'GATEWAY_AUTH0_DOMAIN'],
    default: [],
    doc: 'issuers of identity tokens, required without `auth.issuers`; a bare domain is `https://<domain>/`, `http` is for loopback only',
  }),
  audiences: list({
    env: ['GATEWAY_AUDIENCES', 'GATEWAY_AUTH0_CLIENT_ID', 'GATEWAY_AUTH0_AUDIENCE'],
    default: [],
    doc: 'audiences of identity tokens, required with `auth.trustedIssuers`; entries of `auth.issuers` may have their own',
    ...audience,
  }),
  contract: section({
    domain: clientText('GATEWAY_AUTH0_DOMAIN', 'domain'),
    clientId: clientText('GATEWAY_AUTH0_CLIENT_ID', 'client id'),
    redirectUri: clientText('GATEWAY_AUTH0_REDIRECT_URI', 'redirect URI'),
    audience: clientText('GATEWAY_AUTH0_AUDIENCE', 'audience'),
  }),
  jwtMode: choice(['enforce', 'shadow'], {
    env: 'GATEWAY_JWT_MODE',
    default: 'enforce',
    doc: '`shadow` counts invalid identity tokens and does not refuse them, for a migration',
  }),
  jwtShadowUntil: text({
    env: 'GATEWAY_JWT_SHADOW_UNTIL',
    optional: true,
    doc: 'last day of shadow mode (UTC), at most 30 days ahead, required for it in production; afterwards the mode is `enforce`',
  }),
  login,
  validator,
  access: section({
    checker: choice(['local', 'playbook', 'http'], {
      default: 'local',
      doc: 'the grants here, NoETL’s playbook, or the endpoint of NoETL’s Rust server',
    }),
    combine: choice(['one', 'both'], { default: 'one', doc: '`both`: the grants here must allow, too' }),
    cacheTtlMs: integer({
      default: 5_000,
      min: 0,
      max: 24 * 3_600_000,
      doc: 'answers of `playbook` and `http` are used again for this long, per user, permission and path',
    }),
  }),
  playbooks: section({
    login: playbook('auth0_login', 'AUTH_PLAYBOOK_LOGIN', 'catalog path of the login playbook'),
    validateSession: playbook(
      'auth0_validate_session',
      'AUTH_PLAYBOOK_VALIDATE_SESSION',
      'catalog path of the validation playbook',
    ),
    checkAccess: playbook('check_playbook_access', 'AUTH_PLAYBOOK_CHECK_ACCESS', 'catalog path of the access playbook'),
    sessionDbCredential: text({
      env: 'AUTH_SESSION_DB_CREDENTIAL',
      default: 'pg_auth',
      doc: 'NoETL’s credential of the session database',
    }),
    timeoutSecs: integer({
      env: 'AUTH_PLAYBOOK_TIMEOUT_SECS',
      default: 12,
      min: 1,
      max: 600,
      doc: 'a whole login or validation',
    }),
  }),
  setCookie: flag({
    default: false,
    doc: 'login also sets the cookie `session_token` (`HttpOnly; Secure; SameSite=Lax`)',
  }),
  introspection: flag({ default: true, doc: 'introspection for callers with a session' }),
});
