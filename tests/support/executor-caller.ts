import { readFileSync } from 'node:fs';
import { type ExecutionResult, graphql, parse } from 'graphql';
import type { AnyRow } from '../../gateway/config/gateway-config.ts';
import { createExecutableSchema, type ExecutableSchemaOptions } from '../../gateway/operations/executable-schema.ts';
import config from '../../gateway.config.ts';
import type { CallContext, RootDecision } from '../../plugins/call-context.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { Permission } from '../../plugins/noetl-auth/access/grant.ts';
import type { GatewayEvent } from '../../plugins/observe.ts';
import type { Upstream } from '../../plugins/ports.ts';
import { handClock, sessionOf, tokenOf } from './session-fakes.ts';

/** The schema that is generated from the shipped config. */
export const generatedSdl = readFileSync(new URL('../../mesh/generated/schema.graphql', import.meta.url), 'utf8');
export const shippedOperations = config.operations as Readonly<Record<string, AnyRow>>;

export interface AskOptions {
  /** What was decided for the one root field. Default: allowed, with `args`. */
  readonly decision?: Partial<RootDecision> & { readonly outcome: RootDecision['outcome'] };
  readonly args?: Readonly<Record<string, unknown>>;
  readonly rows?: 'executions' | 'playbooks';
  /** Of the caller's request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly may?: (permission: Permission, path: string) => boolean | Promise<boolean>;
  readonly mayOnExecution?: (permission: Permission, path: string) => boolean | Promise<boolean>;
}

/** Runs one-field operations on an executable schema, with decisions made by hand. */
export function executorCaller(
  upstream: Upstream,
  options: Partial<ExecutableSchemaOptions> & { readonly clock?: ReturnType<typeof handClock> } = {},
) {
  const clock = options.clock ?? handClock();
  const events: GatewayEvent[] = [];
  const pauses: number[] = [];
  const executable = createExecutableSchema({
    sdl: generatedSdl,
    operations: shippedOperations,
    upstream,
    observe: (event) => events.push(event),
    pause: async (ms) => {
      pauses.push(ms);
      clock.advance(ms);
    },
    ...options,
    clock,
  });

  async function ask(source: string, how: AskOptions = {}): Promise<ExecutionResult> {
    const field = rootFieldOf(source);
    const decision: unknown = {
      field,
      args: how.args ?? {},
      grant: undefined,
      path: undefined,
      rows: how.rows,
      permission: 'view',
      outcome: 'allowed',
      ...how.decision,
    };
    const contextValue: CallContext = {
      requestId: 'request-1',
      caller: { session: sessionOf(clock()), token: tokenOf('a-token') },
      decisions: new Map([[field, decision as RootDecision]]),
      header: (name) => how.headers?.[name.toLowerCase()],
      may: async (permission, path) => how.may?.(permission, path) ?? true,
      mayOnExecution: async (permission, path) => how.mayOnExecution?.(permission, path) ?? true,
      judgeOnExecution: async (permission, path) =>
        (await (how.mayOnExecution?.(permission, path) ?? true))
          ? { allowed: true, grant: undefined }
          : { allowed: false, why: 'no-grant', grant: undefined },
    };
    return graphql({ schema: executable.schema, source, contextValue });
  }

  return { ...executable, ask, clock, events, pauses };
}

/** The code of an answer's first error. */
export function codeIn(result: ExecutionResult): string | undefined {
  const error = result.errors?.[0]?.originalError;
  return error instanceof GatewayError ? error.code : result.errors?.[0]?.message;
}

function rootFieldOf(source: string): string {
  const [definition] = parse(source).definitions;
  const selection = definition?.kind === 'OperationDefinition' ? definition.selectionSet.selections[0] : undefined;
  if (selection?.kind !== 'Field') throw new Error('one root field is expected');
  return (selection.alias ?? selection.name).value;
}
