import { hash } from 'node:crypto';
import { sharedStoreForms } from './store-kinds.ts';

/** The key and the namespace of this deployment's records in a store. */
export interface SessionTrust {
  /** Begins every key in a shared store: letters, digits, `-` and `_`. */
  readonly namespace: string;
  /** Base64 keys of record MACs, 32 bytes at least: the first one writes, each of them is accepted. */
  readonly keys: readonly string[];
}

/** The gateway's own parameters of a store's URL, and the URL for the client of the store. */
export interface StoreUrl {
  readonly url: string;
  readonly prefix: string | undefined;
}

const keyBytes = 32;
const namespacePattern = /^[\w-]{1,64}$/;

/** Takes our own parameters out of a store's URL. A text that is not a URL is returned unchanged. */
export function splitStoreUrl(text: string): StoreUrl {
  if (!URL.canParse(text)) return { url: text, prefix: undefined };
  const url = new URL(text);
  const prefix = url.searchParams.get('prefix') ?? undefined;
  url.searchParams.delete('prefix');
  return { url: prefix === undefined ? text : url.href, prefix };
}

/** The problem of sessions in memory in production where they are not accepted. */
export const memoryProblem = `memory: forgets at a restart which sessions were ended. Set ${sharedStoreForms}, or accept it with GATEWAY_SESSION_ACCEPT_MEMORY=true`;

/** The namespace of a deployment without one in its config: gateways with the same issuers, audiences and NoETL share sessions. */
export function defaultNamespace(
  issuers: readonly { readonly issuer: string; readonly audiences: readonly string[] }[],
  upstream: URL,
): string {
  const trusted = issuers.map(({ issuer, audiences }) => JSON.stringify([issuer, [...audiences].sort()])).sort();
  const text = JSON.stringify([trusted, upstream.href]);
  return hash('sha256', text).slice(0, 16);
}

/** The problem of `?prefix=`; undefined without a problem. */
export function prefixProblem(prefix: string | undefined): string | undefined {
  if (prefix === undefined || namespacePattern.test(prefix)) return undefined;
  return '?prefix= must be 1 to 64 letters, digits, - and _';
}

/** Base64 of at least 32 bytes. */
export const isSessionKey = (text: string): boolean =>
  /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) && Buffer.from(text, 'base64').length >= keyBytes;
