import * as v from 'valibot';
import type { AccessRule } from '../../../plugins/noetl-auth/access/access-rule.ts';
import { permissions } from '../../../plugins/noetl-auth/access/grant.ts';
import type { ActionRow } from '../actions.ts';
import { type EnvRef, isEnvRef } from '../environment.ts';
import { choice, either, flag, integer, named, plainSection, text, value } from './fields.ts';
import { maxTextBytes } from './sections.ts';

/**
 * Headers that no row sets and no caller's request gives: what the connection, the gateway and its sessions use. A
 * forwarded credential would give NoETL, and every playbook that it runs, the caller's session.
 */
const reserved = new Set([
  ...[
    'accept',
    'accept-encoding',
    'connection',
    'content-encoding',
    'content-length',
    'content-type',
    'date',
    'expect',
  ],
  ...['host', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'via', 'forwarded', 'http2-settings'],
  ...['cookie', 'set-cookie', 'x-session-token', 'x-request-id', 'traceparent', 'tracestate', 'origin', 'referer'],
]);

/** Whether a row may not set or pass on a header. The case of the name does not matter. */
export function isReservedHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    reserved.has(lower) || lower.startsWith('proxy-') || lower.startsWith('x-forwarded-') || lower.startsWith('sec-')
  );
}

/** A day (`2027-03-01`) or a version of the project (`2.0.0`): until then an old name works. */
const isUntil = (text: string): boolean => /^(?:\d{4}-\d\d-\d\d|\d+\.\d+\.\d+)$/.test(text);

const name = v.pipe(v.string('must be a name'), v.nonEmpty('must not be empty'));
const permission = v.picklist(permissions, 'must be execute, view, edit or delete');
const accessRule = v.variant(
  'kind',
  [
    v.strictObject({ kind: v.literal('closed') }),
    v.strictObject({
      kind: v.literal('authenticated'),
      rows: v.exactOptional(v.picklist(['executions', 'playbooks'], 'must be executions or playbooks')),
    }),
    v.strictObject({
      kind: v.literal('role'),
      roles: v.pipe(v.array(name, 'must be a list of roles'), v.minLength(1, 'must name a role')),
    }),
    v.strictObject({ kind: v.literal('playbook'), permission, argument: name }),
    v.strictObject({ kind: v.literal('path'), permission, path: name }),
    v.strictObject({ kind: v.literal('execution'), permission, argument: name }),
    v.strictObject({ kind: v.literal('source'), permission, argument: name }),
    v.strictObject({
      kind: v.literal('custom'),
      decide: v.custom<Extract<AccessRule, { kind: 'custom' }>['decide']>(
        (input) => typeof input === 'function',
        'must be a function',
      ),
    }),
  ],
  'must be an access rule: closed(), authenticated(), role(…), onPlaybook(…), onExecution(…), onSource(…) or custom(…)',
);

const untilMust = 'must be a day such as 2027-03-01, or a version such as 2.0.0';
const formerNames = v.record(
  v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'must be a name')),
  v.pipe(v.string(untilMust), v.check(isUntil, untilMust)),
);

/** Options of every row. */
export const rowOptions = {
  description: text({ optional: true, doc: 'what callers read in the schema' }),
  deprecated: text({ optional: true, doc: 'why the field should not be used any more, and what to use' }),
  formerNames: value(formerNames, {
    optional: true,
    doc: 'old names that go on working, deprecated: name → the day or the version of the project until which',
  }),
  until: text({ optional: true, doc: 'set for a former name: until when it works', accepts: isUntil, must: untilMust }),
  allowTemplates: flag({
    optional: true,
    doc: 'accept template marks (`{{`, `{%`, `{#`) in the arguments; refused by default',
  }),
  acceptRisk: text({
    optional: true,
    doc: 'why it is open although it must not be public, or although its rule does not look at the executions that it opens',
  }),
};

const headerMust = 'must be a text of visible characters, env(…), or { forward: true }';
const headerName = v.pipe(
  v.string('must be a name'),
  v.check((name) => /^[!#$%&'*+.^`|~\w-]{1,128}$/.test(name), 'must be the name of a header'),
  v.check((name) => !isReservedHeader(name), 'must be a header that the gateway does not set itself'),
);
/** Whether a row may send it as the value of a header. */
export const isHeaderValue = (text: string): boolean => /^[\t\x20-\x7e]{1,4096}$/.test(text);
const headerSource = v.union(
  [
    v.pipe(v.string(headerMust), v.check(isHeaderValue, headerMust)),
    v.custom<EnvRef<string>>(isEnvRef, headerMust),
    v.strictObject({ forward: v.literal(true) }),
  ],
  headerMust,
);

const rowHeaders = v.pipe(
  v.record(headerName, headerSource),
  v.check(
    (headers) =>
      !Object.entries(headers).some(
        ([name, source]) => /^authorization$/i.test(name) && typeof source === 'object' && 'forward' in source,
      ),
    'must not forward Authorization, which holds the caller’s session',
  ),
);

/** Options of a row that NoETL answers, beside its arguments and fields. */
export const upstreamRowOptions = {
  type: choice(['query', 'mutation'], {
    optional: true,
    doc: 'by default `query` for GET, else `mutation`; a read that is a POST is a `query`',
  }),
  optional: flag({ optional: true, doc: 'a document without the operation builds without the field' }),
  timeoutMs: integer({ optional: true, min: 1, max: 3_600_000, doc: 'one call; `upstream.timeoutSecs` by default' }),
  cacheTtlMs: integer({
    optional: true,
    min: 0,
    max: 24 * 3_600_000,
    doc: 'answers of a query are used again for this long, per argument values; access is still decided for each caller',
  }),
  maxResponseBytes: integer({
    optional: true,
    min: 1,
    max: maxTextBytes,
    doc: 'one answer; `upstream.maxResponseBytes` by default',
  }),
  rest: flag({
    optional: true,
    doc: 'also served below `/noetl`, with NoETL’s own path, query string and JSON, under the same rule',
  }),
  mcp: flag({ optional: true, doc: 'also a tool of `/mcp`, under the same rule' }),
  answer: choice(['text', 'base64', 'link'], {
    optional: true,
    doc: 'of an operation that does not answer JSON: the text, its bytes in Base64, or a `data:` link; `text` by default for text',
  }),
  types: value(v.record(name, v.pipe(v.string(), v.regex(/^[A-Z][A-Za-z0-9]*$/, 'must be a name in PascalCase'))), {
    optional: true,
    doc: 'types of its own: type → the name that it has in this row only, with the fields of this row',
  }),
  headers: value(rowHeaders, {
    optional: true,
    doc: "headers of the call: a text that is always sent, `env(…)` for one of the environment, or `{ forward: true }` for the caller's header of that name",
  }),
};

/** How one argument of an operation is offered. */
export const argumentOptions = {
  name: text({ optional: true, doc: 'public name; by default the wire name in camelCase' }),
  hidden: flag({ optional: true, doc: 'not offered; NoETL’s own default applies unless `constant` is given' }),
  deprecated: text({ optional: true, doc: 'why it should not be used any more, and what to use' }),
  formerNames: value(formerNames, {
    optional: true,
    doc: 'old names that go on working, deprecated: name → until when',
  }),
  constant: value(v.unknown(), { optional: true, doc: 'always sent; the argument is then hidden' }),
  optional: flag({ optional: true, doc: 'a document without the argument builds, with a note' }),
  description: text({ optional: true, doc: 'what callers read in the schema' }),
};

const isName = (input: unknown): input is string => typeof input === 'string' && input !== '';
const isNames = (input: unknown): boolean => Array.isArray(input) && input.every(isName);
const isSwitch = (input: unknown): boolean => typeof input === 'boolean';

/** All members, or the ones in a list; an object has an entry for each member. */
const members = value(
  v.custom<'all' | readonly string[]>(
    (input) => input === 'all' || isNames(input),
    "must be 'all', a list of names, or an object",
  ),
  { optional: true, doc: '`all`, or a list of wire names' },
);

const argumentName = v.custom<string | boolean>(
  (input) => isName(input) || isSwitch(input),
  'must be a name, true to open it, or false to hide it',
);
const fieldNames = v.custom<string | boolean | readonly string[]>(
  (input) => isName(input) || isSwitch(input) || (isNames(input) && (input as unknown[]).length > 0),
  'must be a name, a list of names, true to open it, or false to hide it',
);

const shared = {
  access: value(accessRule, { doc: 'who may call it' }),
  action: value(
    v.custom<ActionRow>((input) => typeof input === 'object' && input !== null),
    { optional: true, doc: 'set for the rows of an action' },
  ),
  ...rowOptions,
};

/** A row whose field one operation of NoETL answers. */
export const upstreamRow = plainSection({
  upstream: text({
    doc: 'the operation: METHOD and path, as in the document',
    accepts: (key) => /^[A-Z]+ \/\S*$/.test(key),
    must: 'must be METHOD and path, for example GET /api/executions',
  }),
  ...shared,
  ...upstreamRowOptions,
  args: either(
    members,
    named(
      either(
        value(argumentName, { doc: 'a name, true to open it, or false to hide it' }),
        plainSection(argumentOptions),
      ),
    ),
  ),
  fields: either(
    members,
    named(value(fieldNames, { doc: 'one name, several names, true to open it, or false to hide it' })),
  ),
});

/** A row that the gateway answers itself. */
export const gatewayRow = plainSection({
  gateway: choice(['query', 'mutation', 'subscription'], { doc: 'root type of the field' }),
  ...shared,
  sdl: text({ doc: 'the field in SDL, for example `me: Me!`' }),
  typeDefs: text({ optional: true, doc: 'SDL of the types that it needs' }),
  resolve: value(
    v.custom<(...args: never[]) => unknown>((input) => typeof input === 'function', 'must be a function'),
    { optional: true, doc: 'answers the field; of a query or a mutation' },
  ),
  watch: choice(['execution', 'executions'], {
    optional: true,
    doc: 'what a subscription streams: the execution that its `id` names, or all that the caller may see',
  }),
});
