import { UnsecuredJWT } from 'jose';
import type { Identity } from '../../gateway/config/login-ports.ts';

/** An identity as the verifier makes it of an ID token. */
export function identityWith(change: Partial<Identity> & Pick<Identity, 'issuer' | 'subject'>): Identity {
  return {
    email: undefined,
    name: undefined,
    expiresAt: new Date(0),
    claims: {},
    kind: 'id_token',
    isMachine: false,
    roles: [],
    droppedRoles: [],
    ...change,
  };
}

/** A token with these claims; its signature is not looked at. */
export const tokenWith = (claims: Readonly<Record<string, unknown>>): string =>
  new UnsecuredJWT({ ...claims }).encode();
