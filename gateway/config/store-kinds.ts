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
