import { createYoga, type Plugin } from 'graphql-yoga';
import { expect, test } from 'vitest';
import type { CallContext } from '../../plugins/call-context.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { guardRootResolvers } from '../../plugins/noetl-auth/guard-root-resolvers.ts';
import { allowedDecision } from '../support/allowed-decision.ts';
import { executorCaller } from '../support/executor-caller.ts';
import { scriptedUpstream } from '../support/scripted-upstream.ts';
import { sessionOf, tokenOf } from '../support/session-fakes.ts';

const big = '767008253774397449';

test('ids and integers stay exact through Yoga, as JSON numbers in and as text out', async () => {
  const { upstream, calls } = scriptedUpstream({
    [`GET /api/executions/${big}`]: {
      body: parseJson(`{"execution_id":${big},"path":"data/a","status":"RUNNING","started_at":"2026-01-01T00:00:00Z"}`),
    },
    [`GET /api/executions/${big}/events`]: { body: parseJson(`{"events":[{"event_id":${big},"created_at":"x"}]}`) },
    'POST /api/execute': { body: parseJson(`{"execution_id":${big},"status":"started"}`) },
  });
  const { schema } = executorCaller(upstream);
  const decideAll: Plugin<CallContext> = {
    onExecute: ({ args, extendContext }) => {
      const { id, vars } = (args.variableValues ?? {}) as Record<string, unknown>;
      extendContext({
        decisions: new Map([
          ['execution', allowedDecision('execution', { id })],
          ['executionEvents', allowedDecision('executionEvents', { id })],
          ['executePlaybook', allowedDecision('executePlaybook', { name: 'data/a', variables: vars })],
        ]),
      });
    },
  };
  const yoga = createYoga<CallContext>({
    schema: guardRootResolvers(schema),
    logging: false,
    plugins: [
      {
        onRequestParse: ({ setRequestParser }) =>
          setRequestParser(async (request) => parseJson(await request.text()) as Record<string, never>),
      },
      decideAll,
    ],
  });
  const context = { requestId: 'r', caller: { session: sessionOf(0), token: tokenOf('t') } };
  const post = async (query: string, variables: string) => {
    const response = await yoga.fetch(
      'http://gateway/graphql',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: `{"query": ${JSON.stringify(query)}, "variables": ${variables}}`,
      },
      context as never,
    );
    return response.text();
  };

  expect(
    await post('query ($id: ID!) { execution(id: $id) { id status } executionEvents(id: $id) }', `{"id": ${big}}`),
  ).toBe(
    `{"data":{"execution":{"id":"${big}","status":"RUNNING"},"executionEvents":{"events":[{"event_id":"${big}","created_at":"x"}],"path":"data/a","status":"RUNNING"}}}`,
  );
  expect(
    await post(
      'mutation ($vars: JSON) { executePlaybook(name: "x", variables: $vars) { id } }',
      `{"vars": {"n": ${big}}}`,
    ),
  ).toBe(`{"data":{"executePlaybook":{"id":"${big}"}}}`);
  expect(JSON.stringify(calls.at(-1)?.body)).toBe(`{"path":"data/a","workload":{"n":${big}}}`);
});
