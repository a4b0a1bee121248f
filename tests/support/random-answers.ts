import type { GraphQLSchema } from 'graphql';
import type { WireNames } from '../../gateway/operations/outputs.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
import { type Random, randomFrom, randomValue } from './random-plain-operation.ts';

/** Answers of NoETL that depend on the call and the seed alone; what is broken of them too. */
export function answersOf(wires: WireNames) {
  const wireOf = (type: string, field: string): string => wires.get(type)?.get(field) ?? field;
  return (call: UpstreamCall, schema: GraphQLSchema, seed: number): unknown => answerTo(call, schema, seed, wireOf);
}

function answerTo(
  { path }: UpstreamCall,
  schema: GraphQLSchema,
  seed: number,
  wireOf: (type: string, field: string) => string,
): unknown {
  const random = randomFrom(seed * 7_919 + [...path].reduce((sum, unit) => sum * 31 + unit.charCodeAt(0), 7));
  const broken = random.pick([0, 0, 0, 0.01, 0.1]);
  if (path.startsWith('/api/executions/')) return executionAnswer(path, random);
  const names = {
    '/api/executions': 'executions',
    '/api/dashboard/stats': 'dashboardStats',
    '/api/catalog/list': 'playbooks',
  };
  const name = names[path as keyof typeof names] ?? path.split('/').at(-1);
  const field = schema.getQueryType()?.getFields()[name ?? ''];
  if (field === undefined) return {};
  const value = randomValue(field.type, wireOf, random, broken);
  return name === 'executions' && Array.isArray(value) ? value.map((row) => seen(row, random)) : value;
}

const seen = (row: unknown, random: Random): unknown =>
  typeof row === 'object' && row !== null
    ? { ...row, path: random.pick(['data/a', 'finance/b', 'data//c']), status: 'COMPLETED' }
    : row;

function executionAnswer(path: string, random: Random): unknown {
  const [, , , id = '', rest] = path.split('/');
  if (id === '4') return undefined;
  const result = random.pick<unknown>([{ textOutput: 'é "x"' }, 'text', [1, null], { password: 'p', n: 1.5 }, null]);
  const variables = { a: result, b: { n: 1 } };
  if (rest === 'status')
    return { execution_id: id, completed: true, current_step: 'a', completed_steps: ['a'], variables };
  const event = (type: string, number: number) => ({
    ...{ event_id: `${number}`, event_type: type, node_name: 'a', status: 'COMPLETED', context: {}, result: null },
    created_at: '2026-01-01T00:00:00Z',
  });
  const state = { 1: 'RUNNING', 2: 'COMPLETED', 3: 'FAILED', 5: 'COMPLETED', 6: 'CANCELLED' }[id] ?? 'RUNNING';
  return {
    ...{ execution_id: id, path: id === '5' ? 'finance/b' : 'data/a', version: 1, status: state, progress: 100 },
    ...{ start_time: '2026-01-01T00:00:00Z', end_time: state === 'RUNNING' ? null : '2026-01-01T00:00:01Z' },
    events: [event(`playbook.${state.toLowerCase()}`, 3), event('step.exit', 2), event('command.completed', 1)],
    pagination: { total_pages: 1, has_next: false },
  };
}
