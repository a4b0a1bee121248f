import { describe, expect, test } from 'vitest';
import { renewedCall, renewedIfKnown } from '../../../../gateway/executions/renewed-call.ts';
import type { RootCall } from '../../../../gateway/operations/root-call.ts';
import type { CallContext, RenewedCall } from '../../../../plugins/call-context.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

const decision = {
  outcome: 'allowed',
  field: 'executionUpdates',
  args: { id: '1' },
} as unknown as RootCall['decision'];
const callWith = (renew: CallContext['renew']) =>
  ({ root: 'subscription', decision, context: { requestId: 'r', renew } }) as unknown as RootCall;

describe('the call of a stream, judged again', () => {
  test('has the roles and the decision of now', async () => {
    const caller = { session: { user: { roles: ['viewer'] } } } as unknown as RenewedCall['caller'];
    const narrower = { ...decision, args: { id: '2' } };
    const renewed = { caller, decision: narrower } as unknown as RenewedCall;
    const call = await renewedCall(callWith(async () => renewed));
    expect(call.context.caller).toBe(caller);
    expect(call.context.requestId).toBe('r');
    expect(call.decision).toBe(narrower);
  });

  test('ends when the session is over, and when the field is denied now', async () => {
    const over = callWith(async () => undefined);
    await expect(renewedCall(over)).rejects.toMatchObject({ code: 'ERR_SESSION_INVALID' });
    await expect(renewedIfKnown(over)).rejects.toMatchObject({ code: 'ERR_SESSION_INVALID' });
    const error = new GatewayError('ERR_ACCESS_DENIED', 'no');
    const denied = callWith(
      async () => ({ decision: { outcome: 'denied', field: 'executionUpdates', error } }) as unknown as RenewedCall,
    );
    await expect(renewedCall(denied)).rejects.toBe(error);
    await expect(renewedIfKnown(denied)).rejects.toBe(error);
  });

  test('shows nothing while it cannot be found out, and is asked for again', async () => {
    const unknown = callWith(() => Promise.reject(new Error('no store')));
    await expect(renewedCall(unknown)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
    expect(await renewedIfKnown(unknown)).toBeUndefined();
  });
});
