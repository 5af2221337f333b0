/** A recorded fact of a run. Steps and attempts have their own records; events tell the story around them. */
export type EventType =
  | "run_started"
  | "run_resumed"
  | "planned"
  | "step_failed"
  | "checkpoint"
  | "commit_split"
  | "batch_split"
  | "lease_lost"
  | "limit_changed"
  | "breaker_changed"
  | "check_failed"
  | "run_stopped"
  | "run_finished"

export interface Event {
  readonly type: EventType
  readonly at: Date
  readonly asset?: string
  readonly partition?: string
  readonly message: string
}
