import { type AnyRow, isGatewayRow } from '../../gateway/config/gateway-config.ts';
import { codeSpan } from './markdown.ts';

/**
 * The row's settings of time, reuse, size and headers, in words; empty without such settings. Values of headers stay out:
 * they may be secrets.
 */
export function boundWords(row: AnyRow | undefined): string {
  if (row === undefined || isGatewayRow(row)) return '';
  const { timeoutMs, cacheTtlMs = 0, maxResponseBytes, headers = {} } = row;
  const sent = Object.entries(headers).map(([name, source]) =>
    typeof source === 'string' ? `sends ${codeSpan(name)}` : `forwards ${codeSpan(name)}`,
  );
  return [
    ...(timeoutMs === undefined ? [] : [`ends after ${seconds(timeoutMs)}`]),
    ...(cacheTtlMs === 0 ? [] : [`an answer is used again for ${seconds(cacheTtlMs)}`]),
    ...(maxResponseBytes === undefined ? [] : [`at most ${maxResponseBytes.toLocaleString('en')} bytes`]),
    ...sent,
  ].join('; ');
}

const seconds = (ms: number): string => `${ms / 1_000} s`;
