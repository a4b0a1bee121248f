import {
  type GraphQLOutputType,
  getNullableType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { GatewayError } from '../../plugins/errors.ts';
import { isRawNumber } from '../../plugins/json/lossless-json.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { kept } from '../../plugins/single-flight.ts';
import type { AnyRow } from '../config/gateway-config.ts';
import { noSuchExecution } from '../executions/executions.ts';
import { exactId, inputReaders } from './scalars.ts';

type View = Readonly<Record<string, unknown>>;

/**
 * What makes a run of an action of an execution, or of the answer to its start: the same members, and `output`, the part of the
 * result that the action declares.
 * @param type the type that the row's field answers with
 * @returns a function that throws ERR_NOT_FOUND for an execution of another playbook; undefined: the row is of no action
 */
export function runViewOf(
  { action }: AnyRow,
  type: GraphQLOutputType | undefined,
): ((answer: unknown) => unknown) | undefined {
  const run = type === undefined ? undefined : getNullableType(type);
  if (action === undefined || !isObjectType(run)) return undefined;
  const output = run.getFields()['output']?.type;
  if (output === undefined) return undefined;
  const { playbook, from } = action;
  return (answer) => {
    if (!isJsonObject(answer)) return answer;
    const view = ended(answer);
    if (view['path'] !== playbook) throw noSuchExecution();
    return { ...view, output: kept(async () => fitted(output, await resultOf(view, from), 'output')) };
  };
}

/** Why a run has no output and will have none. @returns undefined: it runs, or it has completed */
export function runFailure(run: JsonObject): GatewayError | undefined {
  const { status, failure } = run;
  if (status === 'RUNNING' || status === 'COMPLETED') return undefined;
  const reason = isJsonObject(failure) ? textMember(failure, 'message') : undefined;
  return new GatewayError('ERR_RUN_FAILED', `the run ${String(status)}: ${reason ?? 'no reason is known'}`);
}

/** The execution that a start has waited for; before that what is known is its id. */
function ended(answer: View): View {
  if (!Object.hasOwn(answer, 'execution')) return answer;
  if (isJsonObject(answer['execution'])) return answer['execution'];
  const { id, path } = answer;
  return { id, path, status: 'RUNNING', failure: null, steps: [], version: null, startedAt: null, finishedAt: null };
}

async function resultOf(view: View, from: { readonly step?: string; readonly path?: string } = {}): Promise<unknown> {
  // Before the end, and of a run that failed, there is no output.
  if (view['status'] !== 'COMPLETED') return undefined;
  const whole = await (from.step === undefined ? called(view['result']) : stepResult(view, from.step));
  return partOf(whole, from.path);
}

async function stepResult(view: View, step: string): Promise<unknown> {
  const steps = await called(view['steps'], { names: [step] });
  const [found] = Array.isArray(steps) ? steps : [];
  return isJsonObject(found) ? called(found['result']) : undefined;
}

const called = async (member: unknown, args: View = {}): Promise<unknown> =>
  typeof member === 'function' ? (member as (args: View) => unknown)(args) : member;

function partOf(value: unknown, path: string | undefined): unknown {
  let part = value;
  for (const name of path === undefined ? [] : path.split('.')) {
    part =
      (Array.isArray(part) || isJsonObject(part)) && Object.hasOwn(part, name) ? (part as JsonObject)[name] : undefined;
  }
  return part;
}

/**
 * A value as the type declares it; members that it does not declare are left out. Strict: a text is no number.
 * @param place of the value, for messages
 * @throws ERR_OUTPUT_SHAPE naming the place of what does not fit; never the value
 */
export function fitted(type: GraphQLOutputType, value: unknown, place: string): unknown {
  if (value === undefined || value === null) {
    if (isNonNullType(type)) throw misfit(place, 'is missing');
    return null;
  }
  const declared = getNullableType(type);
  if (isListType(declared)) {
    if (!Array.isArray(value)) throw misfit(place, 'is not a list');
    return value.map((item, index) => fitted(declared.ofType, item, `${place}[${index}]`));
  }
  if (isObjectType(declared)) {
    if (!isJsonObject(value)) throw misfit(place, 'is not an object');
    const members = Object.values(declared.getFields()).map(({ name, type: member }) => {
      const own = Object.hasOwn(value, name) ? value[name] : undefined;
      return [name, fitted(member, own, `${place}.${name}`)] as const;
    });
    return Object.fromEntries(members);
  }
  if (isScalarType(declared) && isOfScalar(declared.name, value)) return value;
  throw misfit(place, `is not of the type ${declared.toString()}`);
}

function isOfScalar(name: string, value: unknown): boolean {
  switch (name) {
    case 'String':
      return typeof value === 'string';
    case 'Boolean':
      return typeof value === 'boolean';
    case 'Int':
      return Number.isInteger(value) && value === (Number(value) | 0);
    case 'Float':
      return isRawNumber(value) || (typeof value === 'number' && Number.isFinite(value));
    case 'ID':
      return isId(value);
    default:
      return inputReaders[name] === undefined || inputReaders[name](value) !== undefined;
  }
}

function isId(value: unknown): boolean {
  try {
    exactId(value);
    return true;
  } catch {
    return false;
  }
}

const misfit = (place: string, what: string): GatewayError =>
  new GatewayError('ERR_OUTPUT_SHAPE', `${place} ${what}: the playbook’s result is not what its action declares`);
