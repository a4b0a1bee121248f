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

export interface Me {
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
  readonly isOperator: boolean;
  readonly operatorRoles: readonly string[];
  readonly roles: readonly string[];
  readonly fields: Partial<Record<FieldKind, Field>>;
}

/** The session of the page, and how to call the gateway with it. */
export interface Session {
  readonly gateway: Gateway;
  readonly me: Me;
  readonly end: () => void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('This part of the page needs a session.');
  return session;
}
