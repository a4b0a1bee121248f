import { isIP } from 'node:net';
import type { LoginRequest } from '../../core/ports.ts';
import type { NoetlToken } from './login/noetl-token.ts';

const hourMs = 3_600_000;
const defaultHours = 8;

/** What NoETL receives at a login: the token, the host of a trusted issuer, the peer's address; nothing of the caller's. */
export interface LoginInputs {
  readonly auth0_token: string;
  readonly auth0_domain: string;
  readonly client_ip: string;
}

/** @param clientIp the peer's address, as the gateway found it; a text that is not an address becomes `0.0.0.0` */
export function loginInputs({ token, domain }: NoetlToken, clientIp: string): LoginInputs {
  return { auth0_token: token, auth0_domain: domain, client_ip: addressText(clientIp) };
}

/** Hours of a session: what was asked for, 8 if nothing was, and never more than the gateway allows. */
export function sessionHours(request: LoginRequest, maxMs: number): number {
  return Math.min(request.sessionHours ?? defaultHours, maxMs / hourMs);
}

/**
 * The earlier of NoETL's end and the gateway's own.
 * @param noetl undefined: NoETL's answer has no end
 * @param hours may be a fraction
 */
export function sessionEnd(noetl: Date | undefined, nowMs: number, hours: number): Date {
  return new Date(Math.min(noetl?.getTime() ?? Number.POSITIVE_INFINITY, nowMs + hours * hourMs));
}

/** The playbook pastes it into SQL, so it is an address or nothing; the database does not take a zone (`%eth0`). */
function addressText(text: string): string {
  const [address = ''] = text.split('%');
  return isIP(address) === 0 ? '0.0.0.0' : address;
}
