/** How long the parts of a cycle took, and the lines that tell it. */

/** What the records of a run tell of a step, as far as it is timed here. */
export interface TimedStep {
  readonly asset: string
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly metadata: Readonly<Record<string, { readonly value: unknown }>>
}

export interface Phase {
  readonly name: "1a" | "1b phase 1" | "1b phase 2" | "2" | "7"
  readonly what: string
  readonly seconds: number
  readonly requests: number
  readonly failed: number
}

export interface Timing {
  readonly phases: ReadonlyArray<Phase>
  /** Both phases of the enrichment. */
  readonly enrichSeconds: number
  /** Planning, commits and files: what the total has beside the steps. */
  readonly writeSeconds: number
  readonly totalSeconds: number
  readonly requests: number
  readonly failed: number
}

const phases = [
  { name: "1a", what: "live matches" },
  { name: "1b phase 1", what: "details and odds" },
  { name: "1b phase 2", what: "teams, competitions, countries" },
  { name: "2", what: "merge and flatten" },
  { name: "7", what: "filter and order" }
] as const

const number = (value: unknown): number => typeof value === "number" ? value : 0

/** A step that did not run took no time. */
export const make = (steps: ReadonlyArray<TimedStep>, totalSeconds: number): Timing => {
  const stepOf = (asset: string) => steps.find((step) => step.asset === asset)
  const lasted = (asset: string) => {
    const step = stepOf(asset)
    return step === undefined ? 0 : (step.finishedAt.getTime() - step.startedAt.getTime()) / 1000
  }
  const figure = (asset: string, name: string) => number(stepOf(asset)?.metadata[name]?.value)
  const enriched = (phase: 1 | 2) => ({
    seconds: figure("football/match_details", `phase ${phase} seconds`),
    requests: figure("football/match_details", `phase ${phase} requests`),
    failed: figure("football/match_details", `phase ${phase} failed`)
  })
  const alone = (asset: string) => ({ seconds: lasted(asset), requests: figure(asset, "requests"), failed: 0 })
  const figures: Readonly<Record<Phase["name"], Omit<Phase, "name" | "what">>> = {
    "1a": alone("football/live"),
    "1b phase 1": enriched(1),
    "1b phase 2": enriched(2),
    "2": alone("football/matches"),
    "7": alone("football/board")
  }
  const timed = phases.map((phase): Phase => ({ ...phase, ...figures[phase.name] }))
  const sum = (figure: (phase: Phase) => number) => timed.reduce((sum, phase) => sum + figure(phase), 0)
  const enrichSeconds = lasted("football/match_details")
  return {
    phases: timed,
    enrichSeconds,
    writeSeconds: Math.max(0, totalSeconds - enrichSeconds - sum(({ name, seconds }) => name.startsWith("1b") ? 0 : seconds)),
    totalSeconds,
    requests: sum(({ requests }) => requests),
    failed: sum(({ failed }) => failed)
  }
}

/** Two decimals, as in "0.52s". */
const seconds = (value: number): string => `${value.toFixed(2)}s`

const secondsOf = (timing: Timing, name: Phase["name"]): number =>
  timing.phases.find((phase) => phase.name === name)?.seconds ?? 0

export const rule = "─".repeat(60)

/** The lines of the breakdown, with en dashes, as `grep "STEP 1b – ENRICH"` wants them. */
export const lines = (timing: Timing, sequential = false): ReadonlyArray<string> => [
  `STEP 1a – LIVE FETCH: ${seconds(secondsOf(timing, "1a"))}`,
  `STEP 1b – ENRICH (${sequential ? "sequential" : "async"}): ${seconds(timing.enrichSeconds)}`,
  `STEP 2 – run_step2: ${seconds(secondsOf(timing, "2"))}`,
  `STEP 7 – run_step7: ${seconds(secondsOf(timing, "7"))}`,
  `WRITE – planning, commits and files: ${seconds(timing.writeSeconds)}`,
  rule,
  `TOTAL CYCLE TIME: ${seconds(timing.totalSeconds)}`
]

/** The line of the steps alone, without what is between them. */
export const pipelineLine = ({ totalSeconds, writeSeconds }: Timing): string =>
  `TOTAL PIPELINE TIME (Step 1 → Step 7): ${Math.max(0, totalSeconds - writeSeconds).toFixed(2)} seconds`

/** One line a phase: its time, its requests, and those that failed. */
export const table = ({ phases }: Timing): ReadonlyArray<string> => {
  const rows = [
    ["PHASE", "WHAT", "TIME", "REQUESTS", "FAILED"],
    ...phases.map((phase) => [phase.name, phase.what, seconds(phase.seconds), String(phase.requests), String(phase.failed)])
  ]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => row.map((text, i) => i < 2 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)).join("  ").trimEnd())
}
