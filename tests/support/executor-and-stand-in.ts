import { createNoetlStandIn, type NoetlStandIn, type StandInOptions } from '../../dev/noetl/stand-in.ts';
import type { ExecutableSchemaOptions } from '../../gateway/operations/executable-schema.ts';
import { createUpstream } from '../../gateway/upstream/upstream.ts';
import { executorCaller } from './executor-caller.ts';
import { handClock } from './session-fakes.ts';

const open: { close(): Promise<void> }[] = [];

/** Closes what {@link setUp} opened. */
export async function tearDown(): Promise<void> {
  for (const each of open.splice(0).reverse()) await each.close();
}

/** The executable schema in front of a stand-in over HTTP, both on one clock that is turned by hand. */
export async function setUp(options: StandInOptions = {}, schema: Partial<ExecutableSchemaOptions> = {}) {
  const clock = handClock();
  const noetl = await createNoetlStandIn({ ...options, clock });
  const upstream = createUpstream({ baseUrl: noetl.url, timeoutMs: 5_000, maxResponseBytes: 16_000_000 });
  open.push(noetl, upstream);
  const caller = executorCaller(upstream, { ...schema, clock });

  async function start(name: string, variables: unknown = {}): Promise<string> {
    const source =
      'mutation { executePlaybook(name: "x") { id executionId name path status textOutput requestId clientId } }';
    const { data, errors } = await caller.ask(source, { args: { name, variables } });
    if (errors !== undefined) throw errors[0];
    return (data as { executePlaybook: { id: string } }).executePlaybook.id;
  }
  const poll = (id: string, fields = 'status result') =>
    caller.ask(`{ execution(id: "x") { ${fields} } }`, { decision: { outcome: 'onAnswer' }, args: { id } });
  const cancel = (id: string) =>
    caller.ask('mutation { cancelExecution(id: "x") { status executionId cancelledExecutions message } }', {
      args: { id, reason: 'enough' },
    });
  const asked = (noetl: NoetlStandIn) =>
    noetl.requests.map(({ method, path }) => `${method} ${path.replace(/\d{12,}/, '{id}')}`);
  return { ...caller, noetl, start, poll, cancel, asked: () => asked(noetl) };
}
