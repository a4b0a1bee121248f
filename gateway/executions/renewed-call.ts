import { GatewayError } from '../../plugins/errors.ts';
import type { RootCall } from '../operations/root-call.ts';

/**
 * The call of a stream with the session, the roles and the decision of now.
 * @throws ERR_SESSION_INVALID the session is over; ERR_AUTH_UNAVAILABLE it cannot be found out; the error of the decision
 * when the field is denied now
 */
export async function renewedCall(call: RootCall): Promise<RootCall> {
  const { renew } = call.context;
  if (renew === undefined) return call;
  const renewed = await renew(call.decision).catch((cause: unknown) => {
    throw new GatewayError('ERR_AUTH_UNAVAILABLE', 'the session cannot be checked at present', { cause });
  });
  if (renewed === undefined) throw new GatewayError('ERR_SESSION_INVALID', 'the session is invalid or has expired');
  const { decision, ...who } = renewed;
  if (decision.outcome === 'denied') throw decision.error;
  return { ...call, decision, context: { ...call.context, ...who } };
}

/** The same between two events. @returns undefined: it cannot be found out now, and nothing may be shown */
export async function renewedIfKnown(call: RootCall): Promise<RootCall | undefined> {
  try {
    return await renewedCall(call);
  } catch (error) {
    if (error instanceof GatewayError && error.status >= 500) return undefined;
    throw error;
  }
}
