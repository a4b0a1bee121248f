import { Counter, Gauge, type Registry } from 'prom-client';
import { errorCodes } from '../../plugins/errors.ts';
import type { GatewayEvent } from '../../plugins/observe.ts';
import { createDurationHistogram } from './duration-histogram.ts';
import { readyChecks, storeOperations } from './metrics-catalog.ts';

/**
 * GraphQL by field, the session store by operation, and what `/ready` found. Labels have values of the config and of the code
 * only; anything else is `other`.
 * @param fields root fields of the generated schema
 */
export function createFieldMetrics(registry: Registry, fields: readonly string[]): (event: GatewayEvent) => void {
  const inField = measure(registry, 'field', 'field', 'Root fields, whatever way they were asked for.', [
    ...fields,
    'other',
  ]);
  const inStore = measure(registry, 'store', 'operation', 'Calls to the session store.', storeOperations);
  const countError = createErrorCounter(registry, fields);
  const ready = new Gauge({
    name: 'noetl_gateway_ready_check',
    help: '0 while the last readiness check of it failed.',
    labelNames: ['check'],
    aggregator: 'min',
    registers: [registry],
  });
  // 1 before the first check: an alert on 0 must not fire at each start.
  for (const check of readyChecks) ready.set({ check }, 1);
  return (event) => {
    switch (event.type) {
      case 'field':
        return inField(event.field, event.ms);
      case 'store_call':
        return inStore(event.operation, event.ms);
      case 'graphql_error':
        return countError(event.field ?? 'none', event.code);
      case 'ready_check':
        return ready.set({ check: event.check }, event.isOk ? 1 : 0);
      default:
        return undefined;
    }
  };
}

/** A histogram with all its series from the start. */
function measure(registry: Registry, what: string, label: string, help: string, values: readonly string[]) {
  const name = `noetl_gateway_${what}_duration_seconds`;
  const series = createDurationHistogram(registry, { name, help: `${help} How long they took.`, label, values });
  // Undefined for a label whose values have no `other`: then nothing is counted.
  const other = series.get('other');
  return (value: string, ms: number): void => (series.get(value) ?? other)?.add(ms);
}

/** Not all series from the start: there are as many as fields times codes. Those of the whole request are. */
function createErrorCounter(registry: Registry, fields: readonly string[]) {
  const counter = new Counter({
    name: 'noetl_gateway_graphql_errors_total',
    help: 'Errors in GraphQL answers by root field and code; field="none": the request as a whole.',
    labelNames: ['field', 'code'],
    registers: [registry],
  });
  const codes = new Set<string>([...errorCodes, 'other']);
  const names = new Set([...fields, 'none', 'other']);
  for (const code of codes) counter.inc({ field: 'none', code }, 0);
  return (field: string, code: string): void =>
    counter.inc({ field: names.has(field) ? field : 'other', code: codes.has(code) ? code : 'other' });
}
