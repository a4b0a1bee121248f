import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Field } from './fields.ts';
import type { Gateway } from './gateway.ts';

/** What the console does with a field; a row of the config may give it any name. */
export type FieldKind =
  | 'execute'
  | 'rerun'
  | 'execution'
  | 'events'
  | 'executions'
  | 'cancel'
  | 'catalog'
  | 'catalogEntry'
  | 'form'
  | 'executionUpdates'
  | 'executionsUpdates'
  | 'endSessions';

/** The answer of `GET /console/api/me`: the session, and what this gateway's config lets the page do. */
export interface Me {
  /** In the form of a login's answer (the protocol, Authentication Flow), with the roles. */
  readonly user: {
    readonly user_id: number | string;
    readonly email: string | null;
    readonly display_name: string;
    readonly roles: readonly string[];
  };
  readonly expiresAt: string;
  readonly version: string;
  readonly mode: string;
  /** Where GraphiQL is; absent: the config has no public address. */
  readonly graphiql?: string;
  /** Whether the user has one of `operatorRoles`. It chooses what is shown; the gateway decides each call. */
  readonly isOperator: boolean;
  /** `console.roles` of the config. */
  readonly operatorRoles: readonly string[];
  /** All roles of the config, in its order. */
  readonly roles: readonly string[];
  /** What the config opens, by what it does. A missing one disables the part of the page that needs it. */
  readonly fields: Partial<Record<FieldKind, Field>>;
}

/** The session of the page, and how to call the gateway with it. */
export interface Session {
  readonly gateway: Gateway;
  readonly me: Me;
  /** Ends the session at the gateway and leaves the page signed out. */
  readonly end: () => void;
}

/** Set below the sign-in; undefined outside of a session. */
export const SessionContext = createContext<Session | undefined>(undefined);

/** The session of the page. @throws Error when a part is used outside of a session: a defect of the page */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('This part of the page needs a session.');
  return session;
}
