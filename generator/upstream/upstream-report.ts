import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { UpstreamLine, UpstreamReport } from '../../plugins/noetl/upstream-report.ts';
import { isProtocolField } from '../../plugins/protocol-field.ts';
import type { ExposureChange, UpstreamChange } from '../diff/diff-report.ts';
import { exposureDiff, type FittedTable, fieldsByOperation, fitTable } from '../diff/exposure-diff.ts';
import { operationTemplate } from '../diff/operation-contract.ts';
import { upstreamDiff } from '../diff/upstream-diff.ts';
import type { NewMember } from '../lock/acceptance.ts';
import { opensArgument } from '../lock/close-new.ts';
import { normalise } from '../normalise/normalise.ts';
import { structureRules } from '../normalise/structure-rules.ts';
import { listOperations, type OpenApiDocument } from '../openapi/open-api.ts';
import { closedRows } from './closed-rows.ts';

export interface UpstreamReportInput {
  readonly config: GatewayConfig;
  /** Undefined: there is no pulled document, so only what is closed is listed. */
  readonly pulled: OpenApiDocument | undefined;
  /** Undefined: it is the pulled one. */
  readonly live: OpenApiDocument | undefined;
  /** Who may call what has no grant of its own, in the rows to copy. */
  readonly role: string;
}

/**
 * Compares the pulled document with the live one under a config, without what needs Mesh: the schema itself is not
 * built. Other work of the process has its turn between the parts.
 * @returns empty without any document; with one, only what is closed
 */
export async function upstreamReport({ config, pulled, live, role }: UpstreamReportInput): Promise<UpstreamReport> {
  const newest = live ?? pulled;
  if (newest === undefined) return empty;
  const now = normalise(newest, structureRules).document;
  await nextTurn();
  const after = fitTable(now, config);
  await nextTurn();
  if (pulled === undefined || live === undefined) {
    return { ...empty, closed: closedRows(now, config, after.operations, { role }) };
  }
  const before = fitTable(normalise(pulled, structureRules).document, config);
  await nextTurn();
  const changed = changes(config, { before, after }, { pulled, live });
  await nextTurn();
  const known = new Set(listOperations(pulled).map(({ key }) => operationTemplate(key)));
  return { ...changed, closed: closedRows(now, config, after.operations, { role, before: known }) };
}

const empty: UpstreamReport = {
  ...{ breaks: [], decide: [], added: [], harmless: [], closedGone: [], closedChanged: [], closed: [] },
};

function changes(
  config: GatewayConfig,
  tables: { readonly before: FittedTable; readonly after: FittedTable },
  documents: { readonly pulled: OpenApiDocument; readonly live: OpenApiDocument },
): Omit<UpstreamReport, 'closed'> {
  const { before, after } = tables;
  const fieldsOf = fieldsByOperation(before, after);
  const upstream = upstreamDiff({ before: documents.pulled, after: documents.live }).map(
    (change): UpstreamChange => ({ ...change, fields: fieldsOf(change.operation) }),
  );
  const pending = newArguments(config, before, after);
  const exposure = exposureDiff(config, before, after, { upstream, pending });
  const open = upstream.filter(({ fields }) => fields.length > 0);
  const added = open.filter(({ kind, fields }) => additions.has(kind) && !fields.every(isProtocolField));
  const rest = open.filter((one) => one.severity === 'safe' && one.kind !== 'operation-new' && !added.includes(one));
  const ofClosed = (isGone: boolean) => [
    ...new Set(
      upstream.flatMap(({ fields, kind, operation }) =>
        fields.length === 0 && kind !== 'operation-new' && (kind === 'operation-gone') === isGone ? [operation] : [],
      ),
    ),
  ];
  return {
    breaks: linesOf(exposure, 'breaking'),
    decide: linesOf(exposure, 'dangerous'),
    added: added.map((change) => ({ ...openLine(change), accept: change.fields[0] ?? '' })),
    harmless: rest.map(openLine),
    closedGone: ofClosed(true),
    closedChanged: ofClosed(false),
  };
}

/** Kinds of changes that are closed until `generate --accept` names them. */
const additions: ReadonlySet<string> = new Set(['argument-new', 'member-new', 'body-new']);

const linesOf = (exposure: readonly ExposureChange[], wanted: ExposureChange['severity']): readonly UpstreamLine[] =>
  exposure.flatMap(({ severity, subject, message }) => (severity === wanted ? [{ subject, message }] : []));

const openLine = ({ fields, operation, place, message }: UpstreamChange): UpstreamLine => ({
  subject: fields.join(', '),
  message: [operation, place, message].filter((part) => part !== undefined && part !== '').join(': '),
});

/** Arguments that the live document adds to open operations, and that no row opens: `generate` keeps them closed. */
function newArguments(config: GatewayConfig, before: FittedTable, after: FittedTable): readonly NewMember[] {
  const known = new Map(before.operations.map(({ field, args }) => [field, new Set(args.map(({ wire }) => wire))]));
  return after.operations.flatMap((operation) => {
    const { field, args } = operation;
    const row = config.operations[field];
    if (row === undefined || isProtocolField(field)) return [];
    return args.flatMap((argument): NewMember[] => {
      const isNew = known.get(field)?.has(argument.wire) === false;
      if (!isNew || argument.name === undefined || opensArgument(row, operation, argument)) return [];
      const { wire, name } = argument;
      return [{ kind: 'argument', name: `${field}.args.${name}`, also: [], type: undefined, wire, is: '' }];
    });
  });
}
