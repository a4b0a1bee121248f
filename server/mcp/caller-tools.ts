import type { CompiledGrants } from '../../core/access/decision.ts';
import type { Caller } from '../../core/call-context.ts';
import { parseJson } from '../../core/json/lossless-json.ts';
import { isJsonObject } from '../../core/noetl/json-object.ts';
import type { AccessChecker } from '../../core/ports.ts';
import { questionsOf } from '../../plugins/noetl-auth/questions.ts';
import type { RunKnown } from '../graphql/create-graphql.ts';
import type { Exchange } from '../http/exchange.ts';
import { type FieldTool, isListedFor } from './field-tools.ts';
import type { PlaybookTools } from './playbook-tools.ts';
import type { CallerTools, ToolResult } from './tool-server.ts';

export interface CallerToolsGiven {
  readonly fields: readonly FieldTool[];
  readonly playbooks: PlaybookTools;
  readonly checker: AccessChecker;
  /** Those that count now; undefined: NoETL decides. */
  readonly grants: () => CompiledGrants | undefined;
  /** Runs a GraphQL operation of a caller who is known: every decision, limit and line of the audit log is that of `/graphql`. */
  readonly run: RunKnown;
  readonly waitSeconds: number;
}

/** The operation that starts a playbook, whatever its tool is called. */
const startField = 'executePlaybook';

/** The tools of one caller, for one request. */
export function callerTools(given: CallerToolsGiven, caller: Caller, exchange: Exchange): CallerTools {
  const { fields, playbooks } = given;
  const { roles } = caller.session.user;
  const { may, requestId: _ } = questionsOf({ caller, requestId: exchange.requestId }, given.checker);
  // Playbooks as tools need it: each is a start of that playbook. Without the row no playbook is a tool.
  const start = fields.find(({ field }) => field === startField);

  async function run(tool: FieldTool, args: Readonly<Record<string, unknown>>): Promise<ToolResult> {
    // The tool waits for its result; callers cannot choose the time.
    const waits = tool.starts && given.waitSeconds > 0 ? { waitSeconds: given.waitSeconds } : {};
    const answer = await given.run(exchange, caller, { query: tool.query, variables: { ...args, ...waits } });
    return resultOf(parseJson(String(answer.body)), tool.field);
  }

  return {
    async list() {
      const listed = fields.filter((tool) => isListedFor(tool, roles, given.grants())).map(({ view }) => view);
      return [...listed, ...(start === undefined ? [] : await playbooks.listedFor(may))];
    },
    async call(name, args) {
      const tool = fields.find(({ view }) => view.name === name);
      // What is not listed is decided as well, so that the attempt is in the audit log.
      if (tool !== undefined) return run(tool, args);
      const path = start === undefined ? undefined : await playbooks.pathOf(name);
      return path === undefined || start === undefined ? undefined : run(start, { name: path, variables: args });
    },
  };
}

/**
 * The field's answer as JSON, digit for digit; or its errors, as sentences with their codes. An error of a tool is a
 * result, so that a model can read it (Model Context Protocol, Tools, Error Handling).
 */
function resultOf(body: unknown, field: string): ToolResult {
  const answer = isJsonObject(body) ? body : {};
  const errors = Array.isArray(answer['errors']) ? answer['errors'].filter(isJsonObject) : [];
  const data = isJsonObject(answer['data']) ? answer['data'][field] : undefined;
  if (errors.length === 0) return { text: JSON.stringify(data ?? null), isError: false };
  const sentences = errors.map(({ message, extensions }) => {
    const code = isJsonObject(extensions) ? extensions['code'] : undefined;
    return typeof code === 'string' ? `${code}: ${String(message)}` : String(message);
  });
  const partial = data === undefined || data === null ? '' : `\n${JSON.stringify(data)}`;
  return { text: `${[...new Set(sentences)].join('\n')}${partial}`, isError: true };
}
