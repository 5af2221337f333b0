/** What a hook says, in words. */
import type { FailedCheck, Failure, HookEvent, Kind, Run, Subject } from "../record/HookEvent.ts"

const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

/** Who reads a phone sees this much. */
const mostOfSentence = 200
const mostOfSelection = 80

const short = (text: string, most: number): string => text.length <= most ? text : `${text.slice(0, most - 1)}…`

/** The first sentence of an error, on one line; the name `Error` says nothing. */
export const firstSentence = (text: string): string => {
  const line = text.replaceAll(/\s+/g, " ").trim().replace(/^Error: /, "")
  const [sentence = line] = /^.{20,}?[.!?](?=\s|$)/.exec(line) ?? [line]
  return short(sentence, mostOfSentence)
}

const ofRun: Readonly<Partial<Record<Kind, string>>> = {
  failed: "failed",
  succeeded: "succeeded",
  cancelled: "was cancelled",
  lost: "was lost",
  recovered: "succeeded again",
  "checks failed": "has failed checks",
  "checks passed": "passed its checks"
}

const ofSubject = ({ name, type }: Subject, works: boolean): string => {
  switch (type) {
    case "asset":
      return `${name} is ${works ? "in time again" : "too old"}`
    case "schedule":
      return works ? `schedule ${name}: a tick started a run again` : `schedule ${name}: a tick failed`
    case "sensor":
      return works ? `sensor ${name} observes again` : `sensor ${name} cannot observe`
  }
}

type Titled = Pick<HookEvent, "kind" | "hook" | "checks" | "subject"> & { readonly run: Pick<Run, "id" | "selection"> | null }

/** `nhl: run 12 failed`, `nhl/games is too old` */
export const title = ({ checks, hook, kind, run, subject }: Titled): string => {
  if (kind === "test") return `Test of the hook ${hook}`
  if (run !== null) return `${short(run.selection, mostOfSelection)}: run ${run.id} ${ofRun[kind]}`
  if (subject !== null) return ofSubject(subject, kind === "recovered")
  const [first, ...others] = checks
  if (first === undefined) return "checks passed"
  return others.length === 0 ? `check "${first.check}" of ${first.asset} failed` : `${checks.length} checks failed`
}

const cellOf = ({ asset, partition }: Pick<Failure, "asset" | "partition">): string => partition === "" ? asset : `${asset}@${partition}`

const failureLine = (failure: Failure): string => {
  const { attempts, count, error } = failure
  const more = count > 1 ? ` and ${plural(count - 1, "more cell")}` : ""
  return `${cellOf(failure)}${more}${attempts > 1 ? ` (${attempts} tries)` : ""}: ${firstSentence(error)}`
}

const checkLine = (check: FailedCheck): string =>
  `check "${check.check}" of ${cellOf(check)}${check.count > 1 ? ` and ${plural(check.count - 1, "more cell")}` : ""} ` +
  `(${check.severity}): ${firstSentence(check.message)}`

const moment = (at: Date): string => `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`

const runLines = (kind: Kind, run: Run): ReadonlyArray<string> => {
  const counts = [
    run.materialized > 0 ? `${run.materialized} materialized` : "",
    run.failed > 0 ? `${run.failed} failed` : "",
    run.skipped > 0 ? `${run.skipped} skipped` : ""
  ].filter((part) => part !== "").join(", ")
  const end = run.finishedAt === null ? "" : `, ended ${moment(run.finishedAt)}`
  return [
    ...(kind === "lost" ? [`its process (${run.worker}) died, and nobody has gone on with it`] : []),
    `cells: ${counts === "" ? "none" : counts}`,
    ...(run.partitions === null ? [] : [`partitions: ${short(run.partitions, mostOfSentence)}`]),
    `started ${moment(run.startedAt)}${end}, on ${run.worker}`
  ]
}

/** Where more is to be seen of it. */
const lookAt: Readonly<Record<Subject["type"], string>> = { asset: "explain", schedule: "ticks", sensor: "sensor show" }

const subjectLines = ({ name, reason, type }: Subject): ReadonlyArray<string> =>
  reason === null ? [] : [firstSentence(reason), `look at it: npx sluice ${lookAt[type]} ${name}`]

/** The title and all there is to know, line by line. */
export const text = (event: Pick<HookEvent, "kind" | "hook" | "run" | "subject" | "failures" | "checks" | "resume" | "repeats">): string => {
  const { checks, failures, kind, repeats, resume, run, subject } = event
  if (kind === "test") return `${title(event)}: messages of this hook arrive.`
  const failed = failures.reduce((sum, { count }) => sum + count, 0)
  return [
    failed > 0 ? `${title(event)}: ${plural(failed, "cell")}` : title(event),
    ...failures.map(failureLine),
    ...checks.map(checkLine),
    ...(run !== null && kind === "failed" && failed + checks.length === 0 ? [`no cell failed: \`npx sluice run show ${run.id}\` tells why`] : []),
    ...(run === null ? [] : runLines(kind, run)),
    ...(subject === null ? [] : subjectLines(subject)),
    ...(repeats > 0 ? [`the same came ${plural(repeats, "more time")} since it was told last`] : []),
    ...(resume === null ? [] : [`go on: ${resume}`])
  ].join("\n")
}

/** The text of a message that stands for others too. */
export const withOthers = (own: string, others: ReadonlyArray<HookEvent>, count: number): string =>
  count === 0 ? own : [
    own,
    "",
    `and ${count} more, which had to wait:`,
    ...others.map(({ at, title }) => `${moment(at)} ${title}`),
    ...(count > others.length ? ["…"] : [])
  ].join("\n")
