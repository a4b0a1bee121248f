/** What a scenario is aimed at: a gateway on loopback that was started for it alone. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Session tokens of a user without roles that start anything, and of a developer. */
  readonly viewer: string;
  readonly developer: string;
}

/** How often each outcome was seen: a status, or how a connection ended. */
export type Outcomes = Record<string, number>;

/** One attack or fault. Bounded in connections and in time. */
export interface Scenario {
  readonly name: string;
  /** One sentence for the report. */
  readonly about: string;
  /**
   * Of the gateway's heap. Default: that of a pod. A small one leaves V8 no room for garbage, so that growth is what is
   * in use.
   */
  readonly heapMiB?: number;
  /**
   * Runs in a thread of its own, so that its work does not count as the gateway's. Returns when it has let go of
   * everything.
   */
  run(target: Target): Promise<Outcomes>;
  /** What is wrong with the outcomes; undefined: nothing. Default: an attack may be served, if it costs little. */
  problem?(outcomes: Outcomes): string | undefined;
}

/**
 * Limits that each scenario must keep. 512 MiB is the memory of the pod whose heap the gateway gets; growth is over the
 * memory before the attack and does not count for faults.
 */
export const scenarioLimits = { healthMedianMs: 250, growthMiB: 100, peakMiB: 512 } as const;
