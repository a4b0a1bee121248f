import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ConsoleSession } from '../../../core/console/console-answers.ts';
import type { Gateway } from './gateway.ts';

/** The session of the page, and how to call the gateway with it. */
export interface Session {
  readonly gateway: Gateway;
  readonly me: ConsoleSession;
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
