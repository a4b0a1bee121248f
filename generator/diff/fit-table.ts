import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { OpenApiDocument } from '../openapi/open-api.ts';
import { buildTable } from '../table/build-table.ts';
import { operationMeaning } from '../table/operation-meaning.ts';
import type { FittedTable } from './exposure-diff.ts';
import { operationTemplate } from './operation-template.ts';

/**
 * The table without the rows that have a problem; a problem names its row as `operations.<field>`. A row is named once,
 * with its first problem. Problems that name no row, for example of grants, are not part of a comparison.
 * @param document after the structure rules
 */
export function fitTable(document: OpenApiDocument, config: GatewayConfig): FittedTable {
  const { operations, problems, shapes } = buildTable(document, config);
  const kinds = new Map(shapes.map((shape) => [operationTemplate(shape.key), operationMeaning(shape).kind] as const));
  const unfit = new Map<string, string>();
  for (const problem of problems) {
    const [place, field] = /^operations\.(\w+)[.:]? */.exec(problem) ?? [];
    if (place !== undefined && field !== undefined && !unfit.has(field)) unfit.set(field, problem.slice(place.length));
  }
  return { operations: operations.filter(({ field }) => !unfit.has(field)), unfit, kinds };
}
