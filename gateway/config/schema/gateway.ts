import { adapters } from './adapters.ts';
import { auth } from './auth.ts';
import { consolePage } from './console.ts';
import { deploy } from './deploy.ts';
import { events } from './events.ts';
import { executions, results } from './executions.ts';
import { limits } from './limits.ts';
import { listen } from './listen.ts';
import { mcp } from './mcp.ts';
import { section } from './node.ts';
import { observability } from './observability.ts';
import { schema } from './public-schema.ts';
import { sessions } from './sessions.ts';
import { upstream } from './upstream.ts';

/**
 * The sections of a config, declared in this place only. From it derive the types, the defaults, the names of
 * variables, what is refused and what is unknown, the manifests' variables, the JSON Schema and the settings table.
 * `operations`, `roles` and `grants` have types of their own, because they depend on the document.
 */
export const sections = section({
  upstream,
  listen,
  auth,
  sessions,
  limits,
  observability,
  executions,
  results,
  events,
  schema,
  mcp,
  console: consolePage,
  deploy,
  adapters,
});
