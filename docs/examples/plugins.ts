// #region yoga
import { createSchema, createYoga } from 'graphql-yoga';
import { allow, authenticated, onExecution, onPlaybook } from '../../index.ts';
import {
  compileGrants,
  createLocalAccessChecker,
  type NoetlAuthOptions,
  useErrorRendering,
  useNoetlAuth,
  useQueryLimits,
} from '../../plugins.ts';

/** A server of your own, whose resolvers are your own. `sessions` finds a session by its token; undefined: it is unknown. */
export function createServer(
  sessions: NoetlAuthOptions['sessions'],
  pathOf: (id: string) => Promise<string | undefined>,
) {
  const grants = [allow('analyst', ['execute', 'view'], 'data/*')];
  return createYoga({
    schema,
    maskedErrors: false,
    plugins: [
      useNoetlAuth({
        sessions,
        checker: createLocalAccessChecker(compileGrants(grants, ['api_integration/auth0/auth0_login'])),
        rules: {
          Query: { execution: onExecution('view', 'id'), version: authenticated() },
          Mutation: { startPlaybook: onPlaybook('execute', 'path') },
        },
        executionPath: pathOf,
      }),
      useQueryLimits({ queryDepth: 8 }),
      useErrorRendering({ report: (error, requestId) => console.error(requestId, error) }),
    ],
  });
}
// #endregion

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    type Query {
      execution(id: ID!): String
      version: String
    }
    type Mutation {
      startPlaybook(path: String!): String
    }
  `,
  resolvers: {
    Query: { execution: (_source, { id }) => `about ${id}`, version: () => '1' },
    Mutation: { startPlaybook: (_source, { path }) => `started ${path}` },
  },
});
