/** The variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Names that Kubernetes gives to what it injects for a Service in the namespace. */
const injectedName = /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_[A-Z]+)?)$/;
const injectedAddress = /^(?:tcp|udp|sctp):\/\//;

/** Whether Kubernetes injected the variable for a Service, which may be named like one of ours: `GATEWAY_PORT=tcp://…`. */
export function isInjected(name: string, text: string | undefined): boolean {
  return injectedName.test(name) || (name.endsWith('_PORT') && injectedAddress.test(text ?? ''));
}

/** A variable's text without blanks around it; undefined when it is unset, empty, or injected by Kubernetes. */
export function variable(environment: Environment, name: string): string | undefined {
  const text = environment[name]?.trim();
  return text === undefined || text === '' || isInjected(name, text) ? undefined : text;
}
