import { setTimeout as wait } from 'node:timers/promises';
import { type DocumentNode, type GraphQLField, type GraphQLSchema, parse } from 'graphql';
import type { CallContext } from '../../plugins/call-context.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { secretNames } from '../../plugins/noetl/hidden-values.ts';
import { ruleText } from '../../plugins/noetl-auth/access/explain-text.ts';
import { accessDenied, standingDecision } from '../../plugins/noetl-auth/access/standing-decision.ts';
import type { EndTarget, User } from '../../plugins/noetl-auth/session/session.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { Upstream } from '../../plugins/ports.ts';
import { ownPathsOf } from '../calls/call-plan.ts';
import type { RootAnswer } from '../calls/root-fields.ts';
import { pairRootFields, plansOf, type RootField } from '../calls/root-fields.ts';
import { type AnyRow, isGatewayRow, type SubscriptionRow } from '../config/gateway-config.ts';
import {
  answerCancelExecution,
  answerExecutePlaybook,
  answerRerunExecution,
  type CallbackRequests,
  type CommandOptions,
} from '../executions/execution-commands.ts';
import { compileResultRules, type ErrorRule, type ResultRule } from '../executions/execution-result.ts';
import { failingStream, type OpenUpdates, openUpdates, type Update } from '../executions/execution-updates.ts';
import { answerExecution } from '../executions/execution-views.ts';
import { createExecutionGate, Executions } from '../executions/executions.ts';
import { runViewOf } from './action-run.ts';
import { answerOperation, type OperationOptions } from './answer-operation.ts';
import { attachEnumValues, createClientSchema } from './client-schema.ts';
import { attachOutputs, discriminatorsOf, wireNamesOf } from './outputs.ts';
import { answerStatus } from './read-execution.ts';
import { measuredAnswer, reportingOutcome } from './report-outcome.ts';
import { type RestOperation, restOperations } from './rest-operations.ts';
import type { LongIntegerForm } from './scalars.ts';

/** A field that NoETL answers. */
interface AnsweredField {
  readonly root: 'query' | 'mutation';
  readonly answer: RootAnswer;
}

/** Calls that fields of the gateway's own make. Each is decided by the rule of the field that it calls. */
interface ComposedCalls {
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
function createComposedCalls(): ComposedCalls {
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

/** Ends sessions together, for an operator. */
type EndSessions = (target: EndTarget, operator: User, requestId: string) => Promise<void>;

export interface ExecutableSchemaOptions {
  /** The generated schema with its call instructions. */
  readonly sdl: string;
  /** The config's operations, by field. */
  readonly operations: Readonly<Record<string, AnyRow>>;
  readonly upstream: Upstream;
  /** Default: a gateway row cannot end sessions. */
  readonly endSessions?: EndSessions;
  readonly clock?: Clock;
  /** Receives the decisions on an execution's playbook. */
  readonly observe?: Observe;
  /** For tests: waits between two looks at an end that is being confirmed. */
  readonly pause?: (ms: number) => Promise<void>;
  /** Catalog paths that no caller starts or sees executions of through the gateway: the auth playbooks. */
  readonly reservedPaths?: Iterable<string>;
  /** The config's rules for results of playbooks. Default: no rules. */
  readonly results?: Readonly<Record<string, ResultRule>>;
  /** Names of members whose values are masked. Default: passwords, tokens, keys. */
  readonly secretNames?: readonly string[];
  /** How errors of executions are shown. Default `shown`. */
  readonly errors?: ErrorRule;
  /** A result above this is an error, unless its row sets another limit, bytes. Default 16 MiB. */
  readonly maxResultBytes?: number;
  /** The longest that `executePlaybook(waitSeconds:)` may ask for, seconds. Default 30. */
  readonly maxWaitSeconds?: number;
  /** Bound of what is kept of finished executions, bytes. Default 32 MiB. */
  readonly keepBytes?: number;
  /** How old an answer about a running execution may be, milliseconds. Default 250. */
  readonly staleMs?: number;
  /** Executions that are followed at a time. Default 10,000. */
  readonly maxWatches?: number;
  /** Delivers results of `executePlaybook(clientId:)`. Default: nothing does, and `requestId` is null. */
  readonly requests?: CallbackRequests;
  /** How integers beyond ±(2^53 − 1) are written in answers. Default `text`. */
  readonly longIntegers?: LongIntegerForm;
  /** Distinct paths that are judged for one list; rows beyond are left out. For checkers that ask upstream. */
  readonly maxPathsPerAnswer?: number;
}

export interface ExecutableSchema {
  /** The schema of clients, with resolvers that run on the decisions of {@link CallContext} and on nothing else. */
  readonly schema: GraphQLSchema;
  readonly rootFields: ReadonlyMap<string, RootField>;
  /** The catalog path of an execution's playbook. @returns undefined: no such execution. @throws ERR_UPSTREAM… */
  readonly pathOfExecution: Executions['pathOf'];
  /** The operations for clients of NoETL's own API. */
  readonly rest: readonly RestOperation[];
  /** For what follows executions; who may see one is its own matter. */
  readonly executions: Executions;
}

/**
 * Makes the generated schema answer: compiles every root field's call plan and attaches resolvers.
 * @throws ERR_POLICY_INVALID listing every field without a plan or a rule, and every row without a field
 */
export function createExecutableSchema(options: ExecutableSchemaOptions): ExecutableSchema {
  const { sdl, operations, upstream, clock = Date.now, pause = (ms) => wait(ms), longIntegers = 'text' } = options;
  const document = parse(sdl, { noLocation: true });
  const { fields, problems } = pairRootFields(document, operations);
  if (problems.length > 0) {
    throw new GatewayError('ERR_POLICY_INVALID', 'the generated schema does not match gateway.config.ts', {
      problems,
    });
  }
  const executions = new Executions({
    upstream,
    clock,
    pause,
    basePath: ownPathsOf(plansOf(fields)).executions,
    results: compileResultRules(options.results),
    isSecret: secretNames(options.secretNames),
    ...(options.errors !== undefined && { errors: options.errors }),
    keepBytes: options.keepBytes ?? 32 * 1024 * 1024,
    staleMs: options.staleMs ?? 250,
    maxWatches: options.maxWatches ?? 10_000,
  });
  const schema = answeringSchema(document, longIntegers);
  const reserved = new Set(options.reservedPaths);
  const observe = options.observe ?? (() => {});
  const gate = createExecutionGate(observe, reserved);
  const answers = {
    upstream,
    endSessions: options.endSessions ?? cannotEnd,
    executions,
    gate,
    reserved,
    clock,
    maxPathsPerAnswer: options.maxPathsPerAnswer,
    maxResultBytes: options.maxResultBytes ?? 16 * 1024 * 1024,
    maxWaitSeconds: options.maxWaitSeconds ?? 30,
    requests: options.requests,
    composed: createComposedCalls(),
  };
  for (const [name, field] of fields) {
    attachField(name, field, rootTypeOf(schema, field.root)?.getFields()[name], { ...answers, observe });
  }
  return {
    schema,
    rootFields: fields,
    pathOfExecution: (id, asking) => executions.pathOf(id, asking),
    executions,
    rest: restOperations(fields, { ...answers, observe }),
  };
}

function attachField(
  name: string,
  field: RootField,
  known: GraphQLField<unknown, CallContext> | undefined,
  options: Omit<AnswerOptions, 'type'> & { readonly observe: Observe },
): void {
  const { row } = field;
  const { observe, composed } = options;
  describeRule(known, row);
  const asRun = runViewOf(row, known?.type);
  if (isStream(row)) {
    attachStream(known, openUpdates(row, options), asRun);
    return;
  }
  const maxWaitSeconds = row.action?.wait ?? options.maxWaitSeconds;
  const bare = answerFor(field, { ...options, type: known?.type, maxWaitSeconds });
  const reporting = reportingOutcome(
    asRun === undefined ? bare : async (call) => asRun(await bare(call)),
    field,
    observe,
  );
  composed.add(name, field, reporting);
  attachRoot(known, field, reporting, observe);
}

/** Editors show who may call a field beside what it does. */
function describeRule(field: GraphQLField<unknown, CallContext> | undefined, { access }: AnyRow): void {
  if (field === undefined) return;
  const rule = `May be called by ${ruleText(access, (name) => `\`${name}\``)}.`;
  field.description = field.description ? `${field.description}\n\n${rule}` : rule;
}

const askingNoetl = new WeakSet<object>();

/** Whether a root field's resolver is one of {@link createExecutableSchema} that answers with parsed JSON or views of it. */
export const asksNoetl = (resolve: object | undefined): boolean => resolve !== undefined && askingNoetl.has(resolve);

/** The schema of clients, with everything below the root fields in place. */
function answeringSchema(document: DocumentNode, longIntegers: LongIntegerForm): GraphQLSchema {
  const schema = createClientSchema(document, longIntegers);
  attachEnumValues(schema, document);
  attachOutputs(schema, wireNamesOf(document), discriminatorsOf(document));
  return schema;
}

function rootTypeOf(schema: GraphQLSchema, root: RootField['root']) {
  if (root === 'subscription') return schema.getSubscriptionType();
  return root === 'query' ? schema.getQueryType() : schema.getMutationType();
}

const isStream = (row: AnyRow): row is SubscriptionRow<string> => isGatewayRow(row) && row.gateway === 'subscription';

/** A stream runs on the decision of its operation; each of its events asks again what may be seen. */
function attachStream(
  field: GraphQLField<unknown, CallContext> | undefined,
  open: OpenUpdates,
  asRun: (answer: unknown) => unknown = (answer) => answer,
): void {
  if (field === undefined) return;
  field.subscribe = async (_source, _args, context, info) => {
    const decision = standingDecision(context, info);
    // A stream that cannot begin is one with an error as its only event.
    return open({ root: 'subscription', decision, context }).catch((error: unknown) => failingStream(error));
  };
  field.resolve = async (update) => asRun(await (update as Update)());
}

function attachRoot(
  field: GraphQLField<unknown, CallContext> | undefined,
  { root, plan }: RootField,
  answer: RootAnswer,
  observe: Observe,
): void {
  if (field === undefined) return;
  const measured = measuredAnswer(field.name, answer, observe);
  field.resolve = (_source, _args, context, info) =>
    measured({ root, decision: standingDecision(context, info), context });
  // A row of the gateway's own may answer with any object.
  if (plan !== undefined) askingNoetl.add(field.resolve);
}

const cannotEnd: EndSessions = () => Promise.reject(new GatewayError('ERR_STORE', 'sessions cannot be ended here'));

type AnswerOptions = OperationOptions &
  CommandOptions & { readonly endSessions: EndSessions; readonly composed: ComposedCalls };

function answerFor(field: RootField, options: AnswerOptions): RootAnswer {
  const { row, plan } = field;
  if (isGatewayRow(row)) {
    if (row.gateway === 'subscription') throw accessDenied();
    return async ({ decision, context }) => {
      if (decision.outcome !== 'allowed') throw accessDenied();
      const { user, expiresAt } = context.caller.session;
      const endSessions = (target: EndTarget) => options.endSessions(target, user, context.requestId);
      const noetl = options.composed.callsOf(row.gateway, context);
      return row.resolve({ args: decision.args, user, expiresAt, endSessions, noetl });
    };
  }
  if (plan === undefined) throw accessDenied();
  switch (plan.kind) {
    case 'execute':
      return answerExecutePlaybook(plan, row, options);
    case 'rerun':
      return answerRerunExecution(plan, row, options);
    case 'execution':
      return answerExecution(plan, row, options.executions, options.gate, options.maxResultBytes);
    case 'status':
      return answerStatus(plan, row, options);
    case 'cancel':
      return answerCancelExecution(plan, row, options);
    default:
      return answerOperation(plan, row, options);
  }
}
