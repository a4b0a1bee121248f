import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tryLogin } from '../../../cli/commands/doctor.ts';
import { createDevIssuer, type DevIssuer } from '../../../dev/issuer.ts';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../../gateway/config/resolve-config.ts';

let issuer: DevIssuer;
beforeAll(async () => {
  issuer = await createDevIssuer({ clock: Date.now, users: [{ sub: 'ada', name: 'Ada' }], audience: 'app' });
});
afterAll(() => issuer.close());

const tried = (token: string) => {
  const declaration: GatewayConfig = {
    operations: {},
    roles: ['admin'],
    grants: [],
    auth: { login: { kind: 'local', rolesClaim: 'groups' } },
  };
  const environment = { GATEWAY_TRUSTED_ISSUERS: issuer.issuer, GATEWAY_AUDIENCES: 'app', NODE_ENV: 'development' };
  return tryLogin(resolveConfig(declaration, environment).config, token, undefined);
};

describe('a login that is tried', () => {
  it('prints whose the token is and what was dropped, and not the token', async () => {
    const token = await issuer.token('ada', { claims: { groups: ['admin', 'ops'] } });
    const { isAccepted, lines } = await tried(token);
    expect(isAccepted).toBe(true);
    const page = lines.join('\n');
    expect(page).toContain('roles, where the gateway issues sessions: admin');
    expect(page).toContain('dropped, not a role of this config: ops');
    expect(page).not.toContain(token);
  });

  it('prints the reason with what was seen, and what to do', async () => {
    const { isAccepted, lines } = await tried(await issuer.token('ada', { claims: { aud: 'account' } }));
    expect(isAccepted).toBe(false);
    expect(lines[0]).toMatch(/^refused: audience_mismatch: its audiences/);
    expect(lines).toContain('  audience: account');
  });

  it('prints which issuer could not be asked, and why', async () => {
    const token = await issuer.token('ada');
    issuer.misbehave({ redirectTo: 'https://elsewhere.example.com/' });
    const { lines } = await tried(token);
    issuer.misbehave({});
    expect(lines.join()).toContain(
      `could not be found out: ${issuer.issuer}: its discovery document is at another address`,
    );
  });
});
