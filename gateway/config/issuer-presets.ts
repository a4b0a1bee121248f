import type { FromEnv } from './environment.ts';
import type { IssuerEntry } from './issuers.ts';

/** Anything of an entry that a preset does not fix itself; what is given here wins over the preset. */
type More = Omit<IssuerEntry, 'issuer'>;

/** Auth0. `client` and `api` name the audiences. */
export interface Auth0Preset extends More {
  /** The tenant's domain, or the custom one: `tenant.eu.auth0.com`. */
  readonly domain: FromEnv<string>;
  /** Client ids of the applications; the audience of ID tokens. */
  readonly client?: FromEnv<string>;
  /** Identifier of the API; the audience of access tokens. */
  readonly api?: FromEnv<string>;
}

/** Keycloak, one realm. */
export interface KeycloakPreset extends More {
  /** The realm's address: `https://sso.example.com/realms/acme`. */
  readonly realm: FromEnv<string>;
  readonly client: string;
}

/** Microsoft Entra ID. */
export interface EntraPreset extends More {
  /** Directory id of the tenant, or of all tenants that may log in. */
  readonly tenant: string | readonly string[];
  /** Application id. */
  readonly client: string;
  /** Version of the tokens (`accessTokenAcceptedVersion` of the app's manifest). Default: 2. */
  readonly version?: 1 | 2;
}

/** Okta, one authorization server. */
export interface OktaPreset extends More {
  /** `acme.okta.com`, or the custom domain. */
  readonly domain: string;
  /** The authorization server. Default: `default`. `null`: the org's own, whose access tokens are opaque to others. */
  readonly server?: string | null;
  readonly client: FromEnv<string>;
  /** Audience of the authorization server; for access tokens. */
  readonly api?: FromEnv<string>;
}

/** Amazon Cognito, one user pool. */
export interface CognitoPreset extends More {
  readonly region: string;
  /** The user pool's id: `eu-west-1_Ab12Cd34E`. */
  readonly pool: string;
  readonly client: FromEnv<string>;
}

/** Google Workspace. */
export interface GooglePreset extends More {
  readonly client: FromEnv<string>;
  /** The Workspace domain whose accounts may log in (`hd`). Without it every Google account could. */
  readonly domain: string;
}

/** Zitadel, the roles of one project. */
export interface ZitadelPreset extends More {
  /** `acme.zitadel.cloud`, or the custom domain. */
  readonly domain: string;
  readonly client: FromEnv<string>;
  /** Id of the project whose roles count. */
  readonly project: string;
}

const given = (...values: readonly (FromEnv<string> | undefined)[]): readonly FromEnv<string>[] =>
  values.filter((value) => value !== undefined);

/** `more` over `base`, and the members of roles, e-mail and required claims one by one. */
function entry(base: IssuerEntry, more: More): IssuerEntry {
  const { roles, email, required } = base;
  return {
    ...base,
    ...more,
    ...((roles ?? more.roles) && { roles: { ...roles, ...more.roles } }),
    ...((email ?? more.email) && { email: { ...email, ...more.email } }),
    ...((required ?? more.required) && { required: { ...required, ...more.required } }),
  };
}

/**
 * Entries for `auth.issuers`, as each provider's tokens are. `docs/identity.md` has a page for each.
 * @example auth: { issuers: [issuer.keycloak({ realm: 'https://sso.example.com/realms/acme', client: 'noetl' })] }
 */
export const issuer = {
  /** ID tokens and access tokens of an Auth0 tenant. E-mail and name of access tokens are read from userinfo. */
  auth0({ domain, client, api, ...more }: Auth0Preset): IssuerEntry {
    return entry({ issuer: domain, audiences: given(client, api), userinfo: true }, more);
  },

  /** ID tokens and access tokens of a Keycloak realm; roles of the realm and of the client. */
  keycloak({ realm, client, ...more }: KeycloakPreset): IssuerEntry {
    const machines = more.machines && { machines: { claim: 'client_id', ...more.machines } };
    const roles = { claim: ['realm_access.roles', `resource_access.${client}.roles`] };
    return entry({ issuer: realm, audiences: [client], roles }, { ...more, ...machines });
  },

  /**
   * Tokens of Microsoft Entra ID, of one tenant or of several. Entra does not send `email_verified`: where NoETL logs in,
   * give `email: { trust: 'domains', domains: ['example.com'] }`.
   */
  entra({ tenant, client, version = 2, ...more }: EntraPreset): IssuerEntry {
    const isSingle = typeof tenant === 'string';
    const place = isSingle ? tenant : '{tenantid}';
    const base = 'https://login.microsoftonline.com';
    const documents = `${base}/${isSingle ? tenant : 'organizations'}${version === 1 ? '' : '/v2.0'}`;
    return entry(
      {
        issuer: version === 1 ? `https://sts.windows.net/${place}/` : `${base}/${place}/v2.0`,
        name: 'entra',
        ...(isSingle ? {} : { tenants: tenant }),
        discoveryUrl: `${documents}/.well-known/openid-configuration`,
        audiences: version === 1 ? [client, `api://${client}`] : [client],
        roles: { claim: 'roles' },
        email: { verifiedClaim: ['xms_edov', 'email_verified'] },
      },
      more,
    );
  },

  /** Tokens of an Okta authorization server. Its access tokens have no e-mail: it is read from userinfo. */
  okta({ domain, server = 'default', client, api, ...more }: OktaPreset): IssuerEntry {
    const own = server === null ? `https://${domain}` : `https://${domain}/oauth2/${server}`;
    return entry({ issuer: own, audiences: given(client, api), roles: { claim: 'groups' }, userinfo: true }, more);
  },

  /** Tokens of a Cognito user pool. Access tokens have no `aud`: their `client_id` counts. */
  cognito({ region, pool, client, ...more }: CognitoPreset): IssuerEntry {
    return entry(
      {
        issuer: `https://cognito-idp.${region}.amazonaws.com/${pool}`,
        name: 'cognito',
        audiences: given(client),
        audienceFallback: 'client_id',
        roles: { claim: 'cognito:groups' },
        userinfo: true,
      },
      more,
    );
  },

  /** ID tokens of Google, of one Workspace domain. */
  google({ client, domain, ...more }: GooglePreset): IssuerEntry {
    return entry(
      {
        issuer: 'https://accounts.google.com',
        name: 'google',
        aliases: ['accounts.google.com'],
        audiences: given(client),
        accept: ['id_token'],
        required: { hd: domain },
        email: { domains: [domain] },
      },
      more,
    );
  },

  /** Tokens of a Zitadel instance; roles of one project. */
  zitadel({ domain, client, project, ...more }: ZitadelPreset): IssuerEntry {
    const claim = [`urn:zitadel:iam:org:project:${project}:roles`, 'urn:zitadel:iam:org:project:roles'];
    return entry({ issuer: `https://${domain}`, audiences: given(client), roles: { claim }, userinfo: true }, more);
  },
};
