/** What the results of a check come to, where there may be a million of them: counts, and the first that did not pass. */
import { Schema } from "effect"
import { cellName, type CheckResult } from "./Step.ts"

export const CheckSummary = Schema.Struct({
  asset: Schema.String,
  check: Schema.String,
  severity: Schema.Literals(["warn", "error"]),
  /** Cells by their last result; a check over the whole asset counts as one. */
  passed: Schema.Int,
  failed: Schema.Int,
  /** Of those that did not pass the one that was looked at first. */
  firstFailure: Schema.NullOr(Schema.Struct({ partition: Schema.String, message: Schema.String }))
})
export type CheckSummary = typeof CheckSummary.Type

/** Whether it is a failed check of severity error, which fails the run. */
export const isError = (summary: CheckSummary): boolean => summary.failed > 0 && summary.severity === "error"

/** In the order in which the checks first gave a result; results are given in the order they came. */
export const of = (results: ReadonlyArray<CheckResult>): ReadonlyArray<CheckSummary> =>
  Array.from(Map.groupBy(results, ({ asset, check }) => `${asset}\n${check}`).values(), (members) => {
    const last = new Map(members.map((result) => [cellName(result), result]))
    const failed = members.filter((result) => last.get(cellName(result)) === result && !result.passed)
    const { asset, check } = members[0]!
    const [first] = failed
    return {
      asset,
      check,
      severity: members.at(-1)!.severity,
      passed: last.size - failed.length,
      failed: failed.length,
      firstFailure: first === undefined ? null : { partition: first.partition, message: first.message }
    }
  })
