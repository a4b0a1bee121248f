import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { ClosedOperation } from '../../plugins/noetl/upstream-report.ts';
import type { Operation } from '../../plugins/operation.ts';
import { kindWords } from '../../plugins/operation-kind.ts';
import { operationTemplate } from '../diff/operation-template.ts';
import { shapesOf } from '../document/operation-shape.ts';
import type { OpenApiDocument } from '../openapi/open-api.ts';
import { buildTable } from '../table/build-table.ts';
import { closedKinds, neverPublic } from '../table/never-public.ts';
import { operationMeaning } from '../table/operation-meaning.ts';
import { type SuggestedRow, suggestRow } from './suggest-row.ts';

interface ClosedRowsOptions {
  /** Who may call what has no grant of its own. */
  readonly role: string;
  /** Templates of the operations of the pulled document; undefined: the document is the pulled one. */
  readonly before?: ReadonlySet<string>;
}

/**
 * What is closed, by path, with the row that would open each. A row is shown only when the table takes it as it is.
 * @param document after the structure rules
 * @param open the operations table of that document
 */
export function closedRows(
  document: OpenApiDocument,
  config: GatewayConfig,
  open: readonly Operation[],
  { role, before }: ClosedRowsOptions,
): readonly ClosedOperation[] {
  const opened = new Set(
    open.flatMap(({ source }) => (source.kind === 'upstream' ? [operationTemplate(source.key)] : [])),
  );
  const taken = new Set(Object.keys(config.operations));
  const found = shapesOf(document)
    .filter(({ key }) => !opened.has(operationTemplate(key)))
    .toSorted((a, b) => (a.path === b.path ? (a.method < b.method ? -1 : 1) : a.path < b.path ? -1 : 1))
    .map((shape) => {
      const meaning = operationMeaning(shape);
      const why = neverPublic(shape.method, shape.path) ?? closedKinds[meaning.kind];
      return {
        shape,
        meaning,
        why,
        suggested: why === undefined ? suggestRow(shape, meaning, { role, taken }) : undefined,
      };
    });
  // All rows at once: a table for each would be built hundreds of times.
  const problems = problemsOf(
    document,
    config,
    found.flatMap(({ suggested }) => suggested ?? []),
  );
  return found.map(({ shape, meaning, why, suggested }): ClosedOperation => {
    const against = why ?? (suggested && problems.get(suggested.field));
    return {
      operation: shape.key,
      ...(meaning.kind !== 'plain' && { does: kindWords[meaning.kind] }),
      ...(against === undefined ? { row: suggested?.text ?? '' } : { why: against }),
      isNew: before !== undefined && !before.has(operationTemplate(shape.key)),
    };
  });
}

/** What the table has against a row, by its field. */
function problemsOf(
  document: OpenApiDocument,
  config: GatewayConfig,
  rows: readonly SuggestedRow[],
): ReadonlyMap<string, string> {
  const operations = Object.fromEntries(rows.map(({ field, row }) => [field, row]));
  const { problems } = buildTable(document, { ...config, operations });
  const byField = new Map<string, string>();
  for (const problem of problems) {
    const [, field, text] = /^operations\.(\w+)[\w.]*: (.*)$/s.exec(problem) ?? [];
    if (field !== undefined && text !== undefined && !byField.has(field)) byField.set(field, text);
  }
  return byField;
}
