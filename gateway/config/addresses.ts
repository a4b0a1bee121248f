import { hash } from 'node:crypto';

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** @returns undefined for a text that is not a URL */
export function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** @returns undefined unless it is an http(s) URL without credentials, query or fragment. */
export function parseUpstreamUrl(text: string): URL | undefined {
  const url = parseUrl(text);
  const plain = url !== undefined && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return plain && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined;
}

/** True when a host is this machine, by name or number. Other names under `.localhost` may lead elsewhere. */
export const isLoopback = (url: URL): boolean => loopbackHosts.has(url.hostname);

/** The port that a URL names, or the one of its scheme. */
export const portOf = (url: URL): number => Number(url.port) || (url.protocol === 'https:' ? 443 : 80);

/** Whether others on the way can read what is sent there. */
export const isInClear = (url: URL): boolean => url.protocol === 'http:' && !isLoopback(url);

/**
 * An issuer as its tokens write it. A bare domain is `https://<domain>/`, as Auth0 has it; `http` is for loopback only.
 * @returns undefined when it is not an issuer.
 */
export function parseIssuer(text: string): string | undefined {
  const full = text.includes('://') ? text : `https://${text}/`;
  const url = parseUpstreamUrl(full);
  if (url === undefined || (!text.includes('://') && (url.pathname !== '/' || text.includes('/')))) return undefined;
  return url.protocol === 'https:' || isLoopback(url) ? full : undefined;
}

/** Scheme, host and port, and nothing more. A `*` in a host is not a wildcard, so such a text is not an origin. */
export function isOrigin(text: string): boolean {
  const url = text.includes('*') ? undefined : parseUrl(text);
  return url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:') && url.origin === text;
}

/** The namespace in the address of a Service, `http://noetl.flows.svc.cluster.local:8082`; undefined for other hosts. */
export function namespaceOf(url: URL): string | undefined {
  return /^[^.]+\.([^.]+)\.svc(?:\.|$)/.exec(url.hostname)?.[1];
}

/** A kind of session store. `sessions.store` chooses it by the scheme of its URL. */
export interface StoreKind {
  /** With their colon. The first one is the usual one. */
  readonly schemes: readonly [string, ...string[]];
  /** Where a store of this kind listens when its URL has no port; absent: it is in the process, for this process alone. */
  readonly port?: number;
  /** The Kubernetes namespace in which NoETL's deployments keep it; the NetworkPolicy opens it when the URL names no other. */
  readonly namespace?: string;
}

const kinds = {
  memory: { schemes: ['memory:'] },
  redis: { schemes: ['redis:', 'rediss:'], port: 6379, namespace: 'redis' },
  nats: { schemes: ['nats:', 'tls:'], port: 4222, namespace: 'nats' },
} as const satisfies Readonly<Record<string, StoreKind>>;

/** `memory`, `redis` or `nats`. */
export type StoreKindName = keyof typeof kinds;

/**
 * Every kind of session store: the one place where one is registered. Config, manifests, NetworkPolicy, doctor and console
 * read this table; `gateway/stores/store-adapters.ts` must have an adapter for each.
 */
export const storeKinds: Readonly<Record<StoreKindName, StoreKind>> = kinds;

const names = Object.keys(kinds) as StoreKindName[];
const sharedKinds = Object.values(storeKinds).filter(({ port }) => port !== undefined);

/** The form of the URL of a store in a server, for messages: `redis://…, rediss://…, nats://… or tls://…`. */
export const sharedStoreForms = inWords(sharedKinds.flatMap(({ schemes }) => schemes.map((scheme) => `${scheme}//…`)));

/** Namespaces and ports of all kinds: where a store may be when nothing is known of its URL. */
export const usualStorePlaces = {
  namespaces: sharedKinds.flatMap(({ namespace }) => namespace ?? []).toSorted(),
  ports: sharedKinds.flatMap(({ port }) => port ?? []).toSorted((a, b) => a - b),
};

/** @returns undefined when no kind has the scheme of the URL, or when a store in a server has no host */
export function storeKindOf(url: string): StoreKindName | undefined {
  const scheme = /^[a-z]+:/.exec(url)?.[0] ?? '';
  const name = names.find((kind) => storeKinds[kind].schemes.includes(scheme));
  if (name === undefined) return undefined;
  const isWhole = storeKinds[name].port === undefined ? isBare(url) : hasHost(url);
  return isWhole ? name : undefined;
}

/** The port of a scheme that belongs to a store; undefined for others. @param scheme with its colon */
export const storePort = (scheme: string): number | undefined =>
  sharedKinds.find(({ schemes }) => schemes.includes(scheme))?.port;

/** Whether sessions live in the memory of the process. */
export const isMemoryStore = (url: string): boolean => storeKindOf(url) === 'memory';

/** The same for a config, whose adapters may bring a session store of their own. */
export const keepsSessionsInMemory = ({
  sessions,
  adapters,
}: {
  readonly sessions: { readonly store: string };
  readonly adapters: { readonly sessionStore?: unknown };
}): boolean => isMemoryStore(sessions.store) && adapters.sessionStore === undefined;

/** `memory:` or `memory:?…`. */
const isBare = (url: string): boolean => /^[a-z]+:(?:\?.*)?$/.test(url);

const hasHost = (url: string): boolean => URL.canParse(url) && new URL(url).hostname !== '';

function inWords(forms: readonly string[]): string {
  return forms.length < 2 ? forms.join('') : `${forms.slice(0, -1).join(', ')} or ${forms.at(-1)}`;
}

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
