import type { CallContext } from '../../plugins/call-context.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { accessDenied } from '../../plugins/noetl-auth/access/standing-decision.ts';
import { isGatewayRow } from '../config/gateway-config.ts';
import type { RootAnswer } from './root-call.ts';
import type { RootField } from './root-fields.ts';

/** A field that NoETL answers. */
interface AnsweredField {
  readonly root: 'query' | 'mutation';
  readonly answer: RootAnswer;
}

/** Calls that fields of the gateway's own make. Each is decided by the rule of the field that it calls. */
export interface ComposedCalls {
  /**
   * Makes a field callable. To be called at start, with the answer that reports and not the bare one. A field that the
   * gateway itself answers, or that is a stream, is left out, so that no field calls itself.
   */
  add(name: string, field: RootField, answer: RootAnswer): void;
  /**
   * @param root of the field that calls: a query reads only.
   * @returns a function that answers a field by its name. It throws the error of the decision when it denies,
   * ERR_INTERNAL for a field that cannot be called, and what the field itself throws
   */
  callsOf(
    root: 'query' | 'mutation',
    context: CallContext,
  ): (field: string, args?: Readonly<Record<string, unknown>>) => Promise<unknown>;
}

/** One for a schema. Equal reads of one request are one call, and give the same answer or error. */
export function createComposedCalls(): ComposedCalls {
  const fields = new Map<string, AnsweredField>();
  /** By the request: equal reads are one call. */
  const reads = new WeakMap<CallContext, Map<string, Promise<unknown>>>();

  async function call(name: string, { root, answer }: AnsweredField, args: CallArgs, context: CallContext) {
    // Without a way to decide nothing is answered.
    if (context.decide === undefined) throw accessDenied();
    const decision = await context.decide({ name, root, args });
    if (decision.outcome === 'denied') throw decision.error;
    return answer({ root, decision, context });
  }

  return {
    add(name, { root, row }, answer) {
      if (!isGatewayRow(row) && root !== 'subscription') fields.set(name, { root, answer });
    },
    callsOf:
      (from, context) =>
      async (name, args = {}) => {
        const field = fields.get(name);
        if (field === undefined || (from === 'query' && field.root !== 'query')) {
          throw new GatewayError('ERR_INTERNAL', `a field of the gateway's own calls ${name}, which it cannot`);
        }
        // After a mutation another answer may be right.
        if (from !== 'query') return call(name, field, args, context);
        const known = reads.get(context) ?? new Map<string, Promise<unknown>>();
        reads.set(context, known);
        // Members in one order: the same arguments in another order are the same call.
        const key = JSON.stringify([name, Object.entries(args).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
        const made = known.get(key) ?? call(name, field, args, context);
        known.set(key, made);
        return made;
      },
  };
}

type CallArgs = Readonly<Record<string, unknown>>;
